import { z } from 'zod'
import { inTime } from '#platform/process/in-time'
import { readRow, row, type Database } from '#platform/database'

/** What a process says of itself. */
export interface ReportedProcess {
  db: Database
  /** How it signs what it does. */
  instance: string
  /** api, relay, scheduler or worker. */
  service: string
  release: string
  /** Of a worker: its reactions and projections. */
  runs?: readonly string[]
}

export interface ProcessReport {
  /** Has been told for the first time, or could not be. */
  begun: Promise<void>
  /** It stops: it runs no more. Waits for PostgreSQL for 2 s at most. */
  end(): Promise<void>
}

const EVERY_MS = 10_000
const END_MS = 2_000

/**
 * Says in `processes` that this process runs, of which release, and what: at once, and every ten seconds until it ends. Nothing depends on
 * it: while PostgreSQL is away nothing is said, and a row that is lost with a failover is written again.
 */
export function reportProcess(reported: ReportedProcess): ProcessReport {
  const { db } = reported
  const began = performance.now()
  let startedAt: Date | null = null
  const say = async (isOver = false) => {
    startedAt = await write(reported, { startedAt, forMs: performance.now() - began, isOver })
  }
  const tell = () => say().catch(() => {})
  const begun = forget(db)
    .then(() => say())
    .catch(() => {})
  let last = begun
  const timer = setInterval(() => (last = last.then(tell)), EVERY_MS)
  timer.unref()
  return {
    begun,
    async end() {
      clearInterval(timer)
      await inTime(
        last.then(() => say(true)),
        END_MS,
      ).catch(() => {})
    },
  }
}

interface Moment {
  startedAt: Date | null
  /** Milliseconds since the process began to report. */
  forMs: number
  isOver: boolean
}

const Written = row({ startedAt: z.date() })

/** By the clock of the database, as everything that it is compared with. */
async function write(reported: ReportedProcess, { startedAt, forMs, isOver }: Moment): Promise<Date> {
  const { db, instance, service, release, runs = [] } = reported
  const written = await readRow(db, Written)`
    INSERT INTO processes AS p (instance, started_at, service, release, runs, seen_at, stopped_at)
    SELECT ${instance}::text, coalesce(${startedAt}::timestamptz, now - ${forMs}::float8 * interval '1 ms'), ${service}::text,
      ${release}::text, ${[...runs]}::text[], now, CASE WHEN ${isOver}::boolean THEN now END
    FROM (SELECT clock_timestamp() AS now) AS clock
    ON CONFLICT (instance, started_at) DO UPDATE SET seen_at = excluded.seen_at, stopped_at = excluded.stopped_at
    RETURNING started_at AS "startedAt"`
  return written.startedAt
}

/** Dead letters that are older lead to no release any more. */
const forget = (db: Database) => db.$executeRaw`
  DELETE FROM processes WHERE seen_at < clock_timestamp() - interval '90 days'`
