import { setTimeout as wait } from 'node:timers/promises'
import type { Database } from '#platform/database'
import type { Broker } from '../broker/broker.ts'
import { topologyOf, type Names } from '../broker/topology.ts'
import type { StoredRow } from '../relay/read-events.ts'
import { toReaction } from '../relay/outgoing.ts'
import { HEADER } from '../reactions/message.ts'
import { HELD_BY_DEAD_LETTER } from './survey.ts'

export interface Redelivering {
  db: Database
  broker: Broker
  names: Names
  ladder: readonly number[]
  /** Messages per second put on one queue. @default 5000 */
  rate?: number
  signal?: AbortSignal
}

export interface DeliverAgainOptions {
  /** Count attempts on from the failures on record, as the lost message did. @default true */
  keepAttempts?: boolean
  /** Remember each event, so that the pause before its next redelivery grows. @default false */
  remember?: boolean
  /** Called before each page. */
  beforePage?: () => Promise<void>
}

const PAGE = 500

/** Puts events straight on one reaction's queue, except those settled meanwhile. @returns how many */
export async function deliverAgain(
  runtime: Redelivering,
  reaction: string,
  positions: readonly bigint[],
  { keepAttempts = true, remember = false, beforePage }: DeliverAgainOptions = {},
): Promise<number> {
  const { db, rate = 5_000, signal } = runtime
  let delivered = 0
  for (let start = 0; start < positions.length && !signal?.aborted; start += PAGE) {
    await beforePage?.()
    const until = performance.now() + (Math.min(PAGE, positions.length - start) / rate) * 1_000
    const rows = await unsettledRows(db, reaction, positions.slice(start, start + PAGE))
    await publishRouted(runtime, reaction, rows, keepAttempts)
    if (remember) await noteRedeliveries(db, reaction, rows)
    delivered += rows.length
    await wait(Math.max(0, until - performance.now()), undefined, signal && { signal }).catch(() => {})
  }
  return delivered
}

interface RedeliveryRow extends StoredRow {
  /** Failed attempts on record since the last redrive. */
  failures: number
  firstFailedAt: Date | null
  /** The redriven dead letter whose message this was. */
  deadLetterId: string | null
}

function unsettledRows(db: Database, reaction: string, positions: readonly bigint[]): Promise<RedeliveryRow[]> {
  return db.$queryRaw<RedeliveryRow[]>`
    SELECT position, e.id, type, version, stream, stream_version AS "streamVersion", correlation_id AS "correlationId",
      causation_id AS "causationId", traceparent, occurred_at AS "time", data::text AS "dataJson",
      coalesce(failed.attempts, 0) AS failures, failed.first_at AS "firstFailedAt", redriven.id::text AS "deadLetterId"
    FROM (SELECT ${reaction}::text AS reaction) s CROSS JOIN events e
    LEFT JOIN LATERAL (
      SELECT id, closed_at FROM dead_letters l
      WHERE l.event_id = e.id AND l.reaction = s.reaction AND l.status = 'redriven' ORDER BY closed_at DESC LIMIT 1
    ) redriven ON true
    LEFT JOIN LATERAL (
      SELECT max(attempt) AS attempts, min(failed_at) AS first_at FROM delivery_failures f
      WHERE f.event_id = e.id AND f.reaction = s.reaction AND f.failed_at > coalesce(redriven.closed_at, '-infinity')
    ) failed ON true
    WHERE e.position = ANY(${positions}::bigint[])
      AND NOT EXISTS (SELECT FROM handled_events d WHERE d.event_id = e.id AND d.reaction = s.reaction)
      AND NOT ${HELD_BY_DEAD_LETTER}
    ORDER BY position`
}

async function publishRouted(
  { db: _, broker, names, ladder }: Redelivering,
  reaction: string,
  rows: readonly RedeliveryRow[],
  keepAttempts: boolean,
) {
  const messages = rows.map((row) => toReaction(row, reaction, names, headersOf(row, names, keepAttempts)))
  const unroutable = await broker.publish(messages)
  if (unroutable.size === 0) return
  const eventTypes = [...new Set(rows.map(({ type }) => type))]
  await broker.declare(topologyOf(names, { name: reaction, eventTypes }, ladder))
  const still = await broker.publish(messages.filter(({ messageId }) => unroutable.has(messageId)))
  if (still.size > 0) throw new Error(`${reaction}: ${still.size} events found no queue although it was declared`)
}

function headersOf(
  { type, failures, firstFailedAt, deadLetterId }: RedeliveryRow,
  names: Names,
  keepAttempts: boolean,
) {
  return {
    [HEADER.exchange]: names.exchange(type),
    [HEADER.routingKey]: '',
    ...(keepAttempts && failures > 0 && { [HEADER.attempt]: failures + 1 }),
    ...(keepAttempts && firstFailedAt && { [HEADER.firstFailedAt]: firstFailedAt.toISOString() }),
    ...(deadLetterId && { [HEADER.parent]: deadLetterId }),
  }
}

async function noteRedeliveries(db: Database, reaction: string, rows: readonly RedeliveryRow[]) {
  await db.$executeRaw`
    INSERT INTO redeliveries AS r (event_id, reaction, times, last_at)
    SELECT id, ${reaction}, 1, clock_timestamp() FROM unnest(${rows.map(({ id }) => id)}::uuid[]) AS id ORDER BY id
    ON CONFLICT (event_id, reaction) DO UPDATE SET times = r.times + 1, last_at = excluded.last_at`
}
