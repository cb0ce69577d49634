import { z } from 'zod'
import { acquireLease, asAction, readHistory } from '#messaging'
import type { Database } from '#platform/database'
import { defineSettings } from '#platform/settings'
import type { ScheduledJob } from './scheduled-job.ts'

const settings = defineSettings({
  /** Time of day (UTC) at which the database is held against every invariant; `off`: only when somebody asks. It reads every order. */
  AUDIT_AT: z
    .string()
    .regex(/^(off|([01]\d|2[0-3]):[0-5]\d)$/, 'must be off, or a time of day (UTC) such as 03:00')
    .default('03:00'),
})

const LOOK_MS = 5 * 60_000
const DAY_MS = 86_400_000
const LEASE_MS = 30_000
/** One that has not ended by then was killed with its process. */
const LONGEST_MS = 15 * 60_000
/** One that kills its process is not begun for ever. */
const TRIES = 3
/** So many audits back is looked for today's. */
const LOOKED_AT = 20
const OPERATOR = 'schedule'

interface Needs {
  db: Database
  instance: string
  /** Holds the database against every invariant. Left out: never. */
  audit?: () => Promise<object[]>
}

/**
 * The audit of the day. What it finds stands in `operator_actions`, where the console, the alerts and the metrics read it. Where an operator has
 * had one since that time of day, that is the one.
 */
export const auditing = ({ db, instance, audit }: Needs): ScheduledJob => ({
  name: 'audit.hold-against-invariants',
  everyMs: LOOK_MS,
  async run() {
    const { AUDIT_AT: at } = settings()
    if (at === 'off' || !audit || !(await isDue(db, at))) return undefined
    const begin = async () => {}
    const acquired = await acquireLease({ db, name: 'audit', holder: instance, leaseMs: LEASE_MS, begin })
    if (!acquired) return undefined
    try {
      if (!(await isDue(db, at))) return undefined // another process has just done it
      const action = { action: 'audit' as const, reaction: '', selector: {}, reason: `Every day at ${at} UTC` }
      const { actionId } = await asAction({ db, operator: OPERATOR }, action, async () => ({
        outcome: 'done',
        findings: await audit(),
      }))
      return { actionId }
    } finally {
      await acquired.lease.release().catch(() => {}) // or it runs out by itself
    }
  },
})

async function isDue(db: Database, at: string): Promise<boolean> {
  const now = Date.now()
  const since = latest(at, now)
  const audits = await readHistory(db, { action: 'audit', limit: LOOKED_AT })
  const ofToday = audits.filter(({ begunAt }) => begunAt.getTime() >= since)
  const isRunning = audits.some(({ begunAt, finishedAt }) => !finishedAt && begunAt.getTime() > now - LONGEST_MS)
  const isDone = ofToday.some(({ outcome }) => outcome === 'done')
  const tries = ofToday.filter(({ operator }) => operator === OPERATOR).length
  return !isRunning && !isDone && tries < TRIES
}

/** The last moment before `now` at which it was that time of day. */
export function latest(at: string, now: number): number {
  const [hours, minutes] = at.split(':').map(Number) as [number, number]
  const today = Math.floor(now / DAY_MS) * DAY_MS + (hours * 60 + minutes) * 60_000
  return today <= now ? today : today - DAY_MS
}
