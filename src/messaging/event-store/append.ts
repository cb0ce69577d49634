import { z } from 'zod'
import { readRows, row, type Transaction } from '#platform/database'
import { activeTraceparent } from '#platform/tracing'
import { uuidv7 } from '#platform/uuid'
import type { NewEvent, RecordedEvent } from '../define-event.ts'
import { StreamConflict } from '../errors.ts'
import { sealEvents } from './personal.ts'

export interface Append {
  event: NewEvent
  /** Names the conversation, such as the order's id; every event that follows from this one inherits it. */
  correlationId: string
  /** Id of the event whose handling publishes this one. @default null */
  causationId?: string | null
  /** W3C trace context. @default that of the span under way */
  traceparent?: string | null
  /** Who began what this belongs to, such as `web-shop/1f0c9a2e` or `schedule/expire-orders`; inherited like the correlation id. */
  actor?: string | null
  /** The stream's version as it was read for the decision; 0 for a new stream. Not checked when left out. */
  expectedVersion?: number
  /**
   * When it happened, by the database's clock, drawn in this transaction: for a row that must tell the same time.
   * Of a stream that exists already, one that `lockStreams` gave. @default the moment of the append
   */
  time?: Date
}

/**
 * Appends facts in the given order, in one statement, as the last thing before the transaction commits.
 *
 * Guarantees: stream versions stay dense (the streams row is locked until commit), and positions are drawn after those
 * locks are held, by the very statement that inserts, so under its lock on the table. The relay's reading relies on both.
 * What is personal in an event is sealed before.
 *
 * @throws StreamConflict when a stream is not at its `expectedVersion`; the transaction must be given up
 */
export async function append(tx: Transaction, given: readonly Append[]): Promise<RecordedEvent[]> {
  if (given.length === 0) return []
  const sealed = await sealEvents(
    tx,
    given.map(({ event }) => event),
  )
  const active = activeTraceparent()
  const appends = given.map((item, index) => ({
    ...item,
    event: sealed[index]!,
    traceparent: item.traceparent ?? active,
  }))
  const { rows, added } = toRows(appends)
  const placed = await readRows(tx, Placed)`
    WITH bumped AS (
      INSERT INTO streams AS s (stream, version)
      SELECT stream, added FROM jsonb_to_recordset(${JSON.stringify(added)}::jsonb) AS row(stream text, added int) ORDER BY stream
      ON CONFLICT (stream) DO UPDATE SET version = s.version + excluded.version
      RETURNING stream, version
    ), reached AS MATERIALIZED (
      SELECT jsonb_object_agg(stream, version) AS versions, clock_timestamp() AS now FROM bumped
    )
    INSERT INTO events (position, id, type, version, stream, stream_version, data, correlation_id, causation_id, traceparent, actor, occurred_at)
    SELECT nextval('events_position_seq'), id, type, version, stream, (versions->>stream)::int - behind,
      data, correlation_id, causation_id, traceparent, actor, coalesce(time, now)
    FROM reached, jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row(
      ord int, id uuid, type text, version int, stream text, behind int, data jsonb,
      correlation_id text, causation_id uuid, traceparent text, actor text, time timestamptz)
    ORDER BY ord
    RETURNING id, stream_version AS "streamVersion", occurred_at AS "time"`
  const byId = new Map(placed.map((one) => [one.id, one]))
  return appends.map((item, ord) => toRecorded(item, byId.get(rows[ord]!.id)!))
}

type Placed = z.infer<typeof Placed>
const Placed = row({
  id: z.string(),
  streamVersion: z.int(),
  /** By the database's clock, as everything that is compared between processes. */
  time: z.date(),
})

/** The events, each with how many of its stream stand `behind` it here, and how many are added to each stream. */
function toRows(appends: readonly Append[]) {
  const added = new Map<string, number>()
  const rows = appends.map((item, ord) => toRow(item, ord)).reverse()
  const counted = rows.map((row) => {
    const behind = added.get(row.stream) ?? 0
    added.set(row.stream, behind + 1)
    return { ...row, behind }
  })
  return { rows: counted.reverse(), added: [...added].map(([stream, count]) => ({ stream, added: count })) }
}

function toRow({ event, correlationId, causationId, traceparent, actor, time }: Append, ord: number) {
  return {
    ord,
    id: uuidv7(),
    type: event.type,
    version: event.version,
    stream: event.stream,
    data: event.stored?.data ?? event.data,
    correlation_id: correlationId,
    causation_id: causationId ?? null,
    traceparent: traceparent ?? null,
    actor: actor ?? null,
    time: time ?? null,
  }
}

function toRecorded(item: Append, { id, streamVersion, time }: Placed): RecordedEvent {
  const { event, correlationId, causationId = null, traceparent = null, actor = null, expectedVersion } = item
  if (expectedVersion !== undefined && streamVersion !== expectedVersion + 1) {
    throw new StreamConflict(
      `${event.stream} is at version ${streamVersion - 1}, not at ${expectedVersion}: read it again and decide again`,
    )
  }
  const { type, version, stream, data, stored } = event
  const personal = stored && { personal: { person: stored.person, sealed: stored.sealed } }
  return {
    type,
    version,
    stream,
    data,
    id,
    streamVersion,
    correlationId,
    causationId,
    traceparent,
    actor,
    time,
    ...personal,
  }
}
