import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import type { Appender } from './gap-reader.ts'

const AppenderRow = row({ id: z.string(), pid: z.int().nullable() })

/**
 * Transactions that may be appending events: each holds this lock on the table from before it draws a position until after
 * its outcome is visible to all. The rows of a prepared one have no process.
 */
export function runningAppenders(db: Database): Promise<Appender[]> {
  return readRows(db, AppenderRow)`
    SELECT virtualtransaction AS id, pid FROM pg_locks
    WHERE relation = 'events'::regclass AND mode = 'RowExclusiveLock' AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
}
