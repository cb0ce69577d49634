import { z } from 'zod'
import { readRow, row, type Database } from '#platform/database'

/** Deliveries that PostgreSQL keeps, by state. */
export type Standing = z.infer<typeof Standing>
const Standing = row({ retrying: z.int(), blocked: z.int(), held: z.int(), dead: z.int() })

/** What was not handled at once, of all reactions. Reads the index of each state. */
export function countStanding(db: Database): Promise<Standing> {
  return readRow(db, Standing)`
    SELECT (SELECT count(*)::int FROM deliveries WHERE state = 'retrying') AS retrying,
      (SELECT count(*)::int FROM deliveries WHERE state = 'blocked') AS blocked,
      (SELECT count(*)::int FROM deliveries WHERE state = 'held') AS held,
      (SELECT count(*)::int FROM deliveries WHERE state = 'dead') AS dead`
}
