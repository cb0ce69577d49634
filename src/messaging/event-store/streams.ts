import { z } from 'zod'
import { readRows, row, type Database, type Transaction } from '#platform/database'
import type { RecordedEvent } from '../define-event.ts'
import { eventColumns } from './event-columns.ts'
import { openedEvents } from './personal.ts'

/** How far a stream has come, and the time by the database's clock, which is not before that of its latest event. */
export interface StreamHead {
  readonly version: number
  readonly time: Date
}

const HeadRow = row({ stream: z.string(), version: z.int(), time: z.date() })

/**
 * Keeps everybody else from appending to these streams until the transaction ends. Locks them in the order in which
 * `append` does, so two transactions can only wait for each other, never deadlock, if each takes all its locks at once.
 */
export async function lockStreams(tx: Transaction, streams: readonly string[]): Promise<Map<string, StreamHead>> {
  if (streams.length === 0) return new Map()
  const rows = await readRows(tx, HeadRow)`
    WITH locked AS MATERIALIZED (
      SELECT stream, version FROM streams WHERE stream = ANY(${[...streams]}::text[]) ORDER BY stream FOR UPDATE
    )
    SELECT stream, version, clock_timestamp()::timestamptz(3) AS time FROM locked`
  return new Map(rows.map(({ stream, ...head }) => [stream, head]))
}

const TailRow = row(eventColumns)

/** What each of these streams has after a version, oldest first. `data` is opened, as it was recorded, not upcast. */
export async function readTails(
  db: Database | Transaction,
  after: ReadonlyMap<string, number>,
): Promise<Map<string, RecordedEvent[]>> {
  const wanted = [...after].map(([stream, version]) => ({ stream, version }))
  const rows = await readRows(db, TailRow)`
    SELECT e.id, e.type, e.version, e.stream, e.stream_version AS "streamVersion", e.data, e.correlation_id AS "correlationId",
      e.causation_id AS "causationId", e.traceparent, e.actor, e.occurred_at AS "time"
    FROM jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) AS wanted(stream text, version int)
    JOIN events e ON e.stream = wanted.stream AND e.stream_version > wanted.version
    ORDER BY e.stream, e.stream_version`
  const tails = new Map<string, RecordedEvent[]>([...after.keys()].map((stream) => [stream, []]))
  for (const event of await openedEvents(db, rows)) tails.get(event.stream)!.push(event)
  return tails
}
