import type { Database } from '#platform/database'
import type { RecordedEvent } from '../define-event.ts'
import type { Snapshot } from './gap-reader.ts'

/** An event as the relay carries it: its data stay the JSON text that PostgreSQL gives. */
export interface StoredRow extends Omit<RecordedEvent, 'data'> {
  position: bigint
  dataJson: string
}

/** The first events after a checkpoint, with the snapshot they were read in. One statement, so that both agree. */
export async function readEvents(
  db: Database,
  after: bigint,
  limit: number,
): Promise<{ rows: StoredRow[]; snapshot: Snapshot }> {
  const read = await db.$queryRaw<
    ({ xmin: string; xmax: string } & { [Key in keyof StoredRow]: StoredRow[Key] | null })[]
  >`
    SELECT pg_snapshot_xmin(seen)::text AS xmin, pg_snapshot_xmax(seen)::text AS xmax, event.*
    FROM pg_current_snapshot() AS seen
    LEFT JOIN LATERAL (
      SELECT position, id, type, version, stream, stream_version AS "streamVersion", correlation_id AS "correlationId",
        causation_id AS "causationId", traceparent, occurred_at AS "time", data::text AS "dataJson"
      FROM events WHERE position > ${after} ORDER BY position LIMIT ${limit}
    ) AS event ON true`
  const { xmin, xmax } = read[0]!
  const rows = read.filter(({ position }) => position !== null) as unknown as StoredRow[]
  return { rows, snapshot: { xmin: BigInt(xmin), xmax: BigInt(xmax) } }
}

/**
 * Transactions that are appending events: each holds a lock on the table from before it draws a position until after its
 * outcome is visible to all.
 */
export async function runningAppenders(db: Database): Promise<Set<string>> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT virtualtransaction AS id FROM pg_locks
    WHERE relation = 'events'::regclass AND mode = 'RowExclusiveLock' AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
  return new Set(rows.map(({ id }) => id))
}
