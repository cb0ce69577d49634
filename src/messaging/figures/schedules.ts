import type { Database } from '#platform/database'

/** What runs by the clock, and how its latest run went. Moments are written by ISO 8601. */
export interface Schedule {
  name: string
  everySeconds: number
  /** Of the latest run; `late`: the next one has not begun, two rhythms and a minute after this one. */
  state: 'done' | 'failed' | 'running' | 'late'
  begunAt: string
  /** Null while it runs, and where its process was killed. */
  durationMs: number | null
  nextDueAt: string
  /** An operator has asked for a run, and no scheduler has taken that up yet. */
  isAsked: boolean
  /** The process that ran it. */
  instance: string
  result: Record<string, unknown> | null
  /** Failed runs since the last one that was done. */
  failures: number
  failedAt: string | null
  error: string | null
}

/** A run by the clock may begin so much later than it is due: as when the scheduler puts a schedule in order again. */
const PATIENCE_MS = 60_000

/** What runs by the clock, by name, as the scheduler has written it down. */
export async function readSchedules(db: Database, now = Date.now()): Promise<Schedule[]> {
  const rows = await db.scheduleRun.findMany({ orderBy: { name: 'asc' } })
  return rows.map(({ name, everyMs, begunAt, finishedAt, outcome, result, failedAt, askedIn, ...row }) => {
    const isLate = now - begunAt.getTime() > 2 * everyMs + PATIENCE_MS
    const ended = outcome === 'failed' ? 'failed' : 'done'
    return {
      name,
      everySeconds: everyMs / 1_000,
      state: isLate ? 'late' : finishedAt === null ? 'running' : ended,
      begunAt: begunAt.toISOString(),
      durationMs: finishedAt && finishedAt.getTime() - begunAt.getTime(),
      nextDueAt: new Date(begunAt.getTime() + everyMs).toISOString(),
      isAsked: askedIn !== null,
      instance: row.instance,
      result: result as Schedule['result'],
      failures: row.failures,
      failedAt: failedAt?.toISOString() ?? null,
      error: row.error,
    }
  })
}
