import type { Database } from '#platform/database'
import type { ScheduledJob } from './scheduled-job.ts'

interface Needs {
  db: Database
  /** Names this process. */
  instance: string
}

/** Characters of an error that are kept. */
const MOST = 500

/**
 * The job, each run of which leaves when it began, how it ended and what it did in `schedule_runs`, one row for each job. That is
 * for people to see: a run is made, and ends as it ends, also where it cannot be written down.
 */
export function recordRuns({ db, instance }: Needs, job: ScheduledJob): ScheduledJob {
  return {
    ...job,
    async run() {
      await begin().catch(() => {})
      try {
        const result = await job.run()
        await done(result).catch(() => {})
        return result
      } catch (error) {
        await failed(error).catch(() => {})
        throw error
      }
    },
  }

  function begin() {
    const { name, everyMs } = job
    return db.$executeRaw`
      INSERT INTO schedule_runs (name, every_ms, instance, begun_at) VALUES (${name}, ${everyMs}::int, ${instance}, clock_timestamp())
      ON CONFLICT (name) DO UPDATE
      SET every_ms = excluded.every_ms, instance = excluded.instance, begun_at = excluded.begun_at, finished_at = NULL`
  }

  function done(result: Record<string, unknown> | undefined) {
    const told = result === undefined ? null : JSON.stringify(result)
    return db.$executeRaw`
      UPDATE schedule_runs SET finished_at = clock_timestamp(), outcome = 'done', failures = 0, result = ${told}::jsonb
      WHERE name = ${job.name} AND instance = ${instance}`
  }

  function failed(error: unknown) {
    const told = String(error).slice(0, MOST)
    return db.$executeRaw`
      UPDATE schedule_runs SET finished_at = clock_timestamp(), outcome = 'failed', failures = failures + 1, result = NULL,
        failed_at = clock_timestamp(), error = ${told}
      WHERE name = ${job.name} AND instance = ${instance}`
  }
}

const DAY_MS = 86_400_000

/** Forgets jobs that no process runs any more: they have not begun for a week and three times their rhythm. */
export const pruneRuns = (db: Database): Promise<number> => db.$executeRaw`
  DELETE FROM schedule_runs
  WHERE begun_at < clock_timestamp() - greatest(${7 * DAY_MS}::float8, 3 * every_ms::float8) * interval '1 ms'`
