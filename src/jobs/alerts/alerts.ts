import type { Database } from '#platform/database'
import type { ScheduledJob } from '../scheduled-job.ts'
import { decide, type Findings, type Told } from './decide.ts'
import { findAlerts } from './find-alerts.ts'
import { listReceivers, type Receiver } from './tell.ts'

const EVERY_MS = 30_000

/** Alerts without a Prometheus, by webhook and mail. What is remembered is written after it was told: a crash tells twice. */
export const alerting = (db: Database): ScheduledJob => ({
  name: 'messaging.alert',
  everyMs: EVERY_MS,
  async run() {
    const receivers = listReceivers()
    if (receivers.length === 0) return undefined
    const found = await findAlerts(db)
    const told = await Promise.allSettled(receivers.map((receiver) => tellOne(db, receiver, found)))
    // Of somebody who is not to be told any more nothing is remembered.
    await db.alert.deleteMany({ where: { NOT: receivers.map(({ name }) => ({ key: { startsWith: `${name} ` } })) } })
    const failed = told.find((one) => one.status === 'rejected')
    if (failed) throw failed.reason
    const open = keysOf(told, 'open')
    const over = keysOf(told, 'over')
    return open.length + over.length > 0 ? { open, over } : undefined
  },
})

type Keys = Record<'open' | 'over', string[]>

const keysOf = (told: readonly PromiseSettledResult<Keys>[], what: keyof Keys) => [
  ...new Set(told.flatMap((one) => (one.status === 'fulfilled' ? one.value[what] : []))),
]

/** Each receiver has a memory of its own: one who cannot be reached neither silences the others nor has them told again. */
async function tellOne(db: Database, { name, tell }: Receiver, found: Findings): Promise<Keys> {
  const told = await recall(db, name)
  const { open, over, remember, forget } = decide(found, told, new Date())
  if (open.length + over.length > 0) await tell(open, over)
  const keyOf = (key: string) => `${name} ${key}`
  await db.$transaction([
    ...remember.map(({ key, ...rest }) =>
      db.alert.upsert({ where: { key: keyOf(key) }, create: { key: keyOf(key), ...rest }, update: rest }),
    ),
    db.alert.deleteMany({ where: { key: { in: forget.map(keyOf) } } }),
  ])
  return { open: open.map(({ key }) => key), over: forget }
}

async function recall(db: Database, name: string): Promise<Told[]> {
  const rows = await db.alert.findMany({ where: { key: { startsWith: `${name} ` } } })
  return rows.map((row) => ({ ...row, key: row.key.slice(name.length + 1) }))
}
