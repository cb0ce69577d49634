import { z } from 'zod'
import { deleteOrders, isAnyDue, keptSince, sweepReadModels } from '#domains/retention'
import { ArchiveRefused } from '#messaging'
import { readRow, row, type Database } from '#platform/database'
import type { ScheduledJob } from './scheduled-job.ts'

const HOUR_MS = 3_600_000
/** What is left then is deleted in the next hours. */
const AT_MOST_MS = 10 * 60_000

const Now = row({ now: z.date() })

/**
 * Deletes what is older than `KEEP_ORDERS_YEARS` says, and takes deleted orders out of read models that were rebuilt from restored events. While
 * somebody archives or restores, it waits for the next hour.
 */
export const deletingOldOrders = ({ db, instance }: { db: Database; instance: string }): ScheduledJob => ({
  name: 'order.delete-old-orders',
  everyMs: HOUR_MS,
  async run() {
    const swept = await sweepReadModels(db)
    const { now } = await readRow(db, Now)`SELECT clock_timestamp() AS now`
    const before = keptSince(now)
    if (!before || !(await isAnyDue(db, before))) return swept > 0 ? { swept } : undefined
    const reason = `KEEP_ORDERS_YEARS: nothing has happened to them since ${before.toISOString().slice(0, 10)}`
    const signal = AbortSignal.timeout(AT_MOST_MS)
    const done = await deleteOrders({ db, instance, operator: 'schedule', reason, before, signal }).catch(
      whileArchiving,
    )
    return done && { deleted: done.deleted, outcome: done.outcome, swept }
  },
})

function whileArchiving(error: unknown): undefined {
  if (!(error instanceof ArchiveRefused)) throw error
}
