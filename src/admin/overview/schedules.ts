import type { Database } from '#platform/database'
import type { ScheduleList } from '../contract/index.ts'

export type Schedule = ScheduleList['schedules'][number]

/** A run by the clock may begin so much later than it is due: as when the scheduler puts a schedule in order again. */
const PATIENCE_MS = 60_000

/** What runs by the clock, by name, as the scheduler has written it down. */
export async function readSchedules(db: Database, now = Date.now()): Promise<Schedule[]> {
  const rows = await db.scheduleRun.findMany({ orderBy: { name: 'asc' } })
  return rows.map(({ name, everyMs, begunAt, finishedAt, outcome, result, failedAt, ...row }) => {
    const isLate = now - begunAt.getTime() > 2 * everyMs + PATIENCE_MS
    const ended = outcome === 'failed' ? 'failed' : 'done'
    return {
      name,
      everySeconds: everyMs / 1_000,
      state: isLate ? 'late' : finishedAt === null ? 'running' : ended,
      begunAt: begunAt.toISOString(),
      durationMs: finishedAt && finishedAt.getTime() - begunAt.getTime(),
      nextDueAt: new Date(begunAt.getTime() + everyMs).toISOString(),
      instance: row.instance,
      result: result as Schedule['result'],
      failures: row.failures,
      failedAt: failedAt?.toISOString() ?? null,
      error: row.error,
    }
  })
}
