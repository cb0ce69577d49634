import type { Database } from '#platform/database'
import type { RecordedEvent } from '../define-event.ts'
import type { Appender } from './gap-reader.ts'

/** An event as the relay carries it: its data stay the JSON text that PostgreSQL gives. */
export interface StoredRow extends Omit<RecordedEvent, 'data'> {
  position: bigint
  dataJson: string
}

/** The first visible events after a position, ascending. */
export async function readEvents(db: Database, after: bigint, limit: number): Promise<{ rows: StoredRow[] }> {
  const rows = await db.$queryRaw<StoredRow[]>`
    SELECT position, id, type, version, stream, stream_version AS "streamVersion", correlation_id AS "correlationId",
      causation_id AS "causationId", traceparent, occurred_at AS "time", data::text AS "dataJson"
    FROM events WHERE position > ${after} ORDER BY position LIMIT ${limit}`
  return { rows }
}

/**
 * Transactions that may be appending events: each holds this lock on the table from before it draws a position until after
 * its outcome is visible to all. The rows of a prepared one have no process.
 */
export function runningAppenders(db: Database): Promise<Appender[]> {
  return db.$queryRaw<Appender[]>`
    SELECT virtualtransaction AS id, pid IS NULL AS prepared FROM pg_locks
    WHERE relation = 'events'::regclass AND mode = 'RowExclusiveLock' AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
}
