import { z } from 'zod'
import { CARE, redriveByPolicy } from '#messaging'
import type { Database } from '#platform/database'
import type { Logger } from '#platform/log/logger'
import { defineSettings } from '#platform/settings'
import type { ScheduledJob } from './scheduled-job.ts'

const share = z.coerce.number().min(0).max(1)

const settings = defineSettings({
  /**
   * `on`: what an outage has left among the dead letters is redriven by itself once the dependency works again, as the three below say.
   * `off`: it is only offered. A letter was given up, and a call that is made an hour late may surprise somebody: whoever runs the system decides.
   */
  REDRIVE_RECOVERED: z.enum(['off', 'on'], 'must be off or on').default('off'),
  /** So many are redriven first, and the rest only when they fare well. */
  REDRIVE_CANARY: z.coerce.number().int().min(1).max(10_000).default(CARE.canary),
  /** Of the rest, so many a second. */
  REDRIVE_RATE: z.coerce.number().min(0.1).max(10_000).default(CARE.rate),
  /** From 0 to 1: stops when a larger share of them fails again; then an operator has to look. */
  REDRIVE_HALT_ABOVE: share.default(CARE.haltAbove),
})

const EVERY_MS = 10_000
/** A dependency that comes and goes is left alone. */
const QUIET_MS = 60_000

interface Needs {
  db: Database
  instance: string
  log: Logger
}

/** Redrives what outages have left, where that is wished for. */
export const redrivingRecovered = (needs: Needs): ScheduledJob => ({
  name: 'messaging.redrive-recovered',
  everyMs: EVERY_MS,
  async run() {
    const { REDRIVE_RECOVERED, REDRIVE_CANARY: canary, REDRIVE_RATE: rate, REDRIVE_HALT_ABOVE: haltAbove } = settings()
    if (REDRIVE_RECOVERED === 'off') return undefined
    const redriven = await redriveByPolicy(needs, { canary, rate, haltAbove, quietMs: QUIET_MS })
    return redriven.length > 0 ? { redriven } : undefined
  },
})
