import type { Database } from '#platform/database'
import type { ScheduledJob } from '../scheduled-job.ts'
import { decide } from './decide.ts'
import { findAlerts } from './find-alerts.ts'
import { isAnybodyTold, tell } from './tell.ts'

const EVERY_MS = 30_000

/** Alerts without a Prometheus, by webhook and mail. What is remembered is written after it was told: a crash tells twice. */
export const alerting = (db: Database): ScheduledJob => ({
  name: 'messaging.alert',
  everyMs: EVERY_MS,
  async run() {
    if (!isAnybodyTold()) return undefined
    const [found, told] = await Promise.all([findAlerts(db), db.alert.findMany()])
    const { open, over, remember, forget } = decide(found, told, new Date())
    await tell(open, over)
    await db.$transaction([
      ...remember.map(({ key, ...rest }) =>
        db.alert.upsert({ where: { key }, create: { key, ...rest }, update: rest }),
      ),
      db.alert.deleteMany({ where: { key: { in: forget } } }),
    ])
    return open.length + over.length > 0 ? { open: open.map(({ key }) => key), over: forget } : undefined
  },
})
