import type { Database } from '#platform/database'
import type { Logger } from '#platform/log/logger'
import { acquireLease } from '../../lease/lease.ts'
import { redrive, type RedriveResult } from '../redrive/redrive.ts'
import { EVERY_REACTION } from '../selector.ts'
import { findRecoveries, POLICY, POLICY_WITHIN_MS, type Recovery } from './find-recoveries.ts'

/** How what an outage has left is redriven where nobody looks. */
export interface RedrivePolicy {
  /** So many first, and the rest only when they fare well. */
  canary: number
  /** Deliveries per second at most. */
  rate: number
  /** From 0 to 1: stops when a larger share of them fails again. */
  haltAbove: number
  /** Milliseconds for which a dependency must have worked: one that comes and goes is left alone. */
  quietMs: number
  /** Milliseconds that are waited for outcomes at the end. @default 10000 */
  waitMs?: number
}

interface Needs {
  db: Database
  /** Names this process as the holder of the lease. */
  instance: string
  log: Logger
}

export interface RedrivenByPolicy extends Pick<
  RedriveResult,
  'actionId' | 'outcome' | 'sent' | 'handled' | 'deadAgain'
> {
  dependency: string
}

const LEASE_MS = 10_000

/**
 * Redrives the dead letters of outages that are over, one dependency after the other. One process at a time does. Each letter is
 * redriven by the policy once in its life: the mark stands in its row and is written by the statement that makes it due, so that a
 * process that is killed, two at once, or an operator beside it change nothing. What dies again, and what is left when too many fail, waits
 * for an operator. Under `operator_actions` it signs as `policy`.
 */
export async function redriveByPolicy(
  { db, instance, log }: Needs,
  policy: RedrivePolicy,
): Promise<RedrivenByPolicy[]> {
  const ripe = async () => (await findRecoveries(db)).filter((one) => isRipe(one, policy))
  if ((await ripe()).length === 0) return []
  const acquired = await acquireLease({
    db,
    name: 'redrive policy',
    holder: instance,
    leaseMs: LEASE_MS,
    begin: async () => {},
  })
  if (!acquired) return []
  const { lease } = acquired
  const stopping = new AbortController()
  const watch = setInterval(() => lease.isSure || stopping.abort(), LEASE_MS / 10)
  const done: RedrivenByPolicy[] = []
  try {
    for (const recovery of await ripe()) {
      if (stopping.signal.aborted) break
      done.push(await redriveOne(db, recovery, policy, stopping.signal))
      if (done.at(-1)!.outcome === 'halted')
        log.warn(done.at(-1), 'the policy has stopped redriving: too many failed again, and somebody has to look')
    }
  } finally {
    clearInterval(watch)
    await lease.release().catch(() => {}) // or it runs out by itself
  }
  return done
}

const isRipe = ({ isBack, untried, quietMs, stopped }: Recovery, policy: RedrivePolicy) =>
  isBack && untried > 0 && stopped === null && quietMs >= policy.quietMs

async function redriveOne(db: Database, recovery: Recovery, policy: RedrivePolicy, signal: AbortSignal) {
  const { dependency, from, until } = recovery
  const { quietMs: _, ...limits } = policy
  const selector = { recovered: dependency, youngerThanMs: POLICY_WITHIN_MS }
  const reason = `${dependency} was away from ${from.toISOString()} to ${until.toISOString()}, and works again`
  const options = { ...limits, reason, signal, byPolicy: true }
  const { actionId, outcome, sent, handled, deadAgain } = await redrive(
    { db, operator: POLICY },
    EVERY_REACTION,
    selector,
    options,
  )
  return { dependency, actionId, outcome, sent, handled, deadAgain }
}
