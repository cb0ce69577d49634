import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import { Prisma } from '#prisma'

/** Processes of one kind and one release. */
export type RunningProcesses = z.infer<typeof RunningProcesses>
const RunningProcesses = row({
  /** api, relay, scheduler or worker. */
  service: z.string(),
  release: z.string(),
  /** Of workers: their reactions and projections. */
  runs: z.array(z.string()),
  processes: z.int(),
  /** When the first of those that run began. */
  since: z.date(),
})

/** A process that was killed counts as running for half a minute. */
export const RUNNING = Prisma.sql`(
  SELECT * FROM (SELECT DISTINCT ON (instance) * FROM processes ORDER BY instance, started_at DESC) AS latest
  WHERE stopped_at IS NULL AND seen_at > clock_timestamp() - interval '30 s')`

/** What runs now, as the processes say of themselves. */
export function listRunning(db: Database): Promise<RunningProcesses[]> {
  return readRows(db, RunningProcesses)`
    SELECT service, release, runs, count(*)::int AS processes, min(started_at) AS since FROM ${RUNNING} AS r
    GROUP BY service, release, runs ORDER BY service, runs, since`
}
