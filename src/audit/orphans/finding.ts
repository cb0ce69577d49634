import { DependencyUnavailable } from '#messaging'
import type { Database, Transaction } from '#platform/database'
import type { Finding, Limits } from '../invariant.ts'
import { findMoney, type OrphanMoney } from './find.ts'

const INVARIANT = {
  invariant: 'gateway-money-is-for-an-order',
  says: 'What the payment gateway holds or has taken is for an order of this database.',
  onlyWarns: false,
}

const DAY_MS = 24 * 3_600_000

/**
 * Asks the gateway for whom it holds money. An order is stored before its money is asked for, so an unknown one was lost
 * (with the commits of a database that failed over), or is another installation's.
 */
export async function moneyIsForAnOrder(db: Database | Transaction, limits: Limits): Promise<Finding> {
  const skipped = (why: string): Finding => ({ ...INVARIANT, count: 0, offenders: [], skipped: why })
  const { gateway, gatewaySinceMs = DAY_MS, list } = limits
  if (!gateway) return skipped('no gateway was given')
  const found = await findMoney(db, gateway, { graceMs: 0, gatewaySinceMs }).catch(untold)
  if (found instanceof DependencyUnavailable) return skipped(`${found.message} (${gateway.name})`)
  const { unknown } = found
  return { ...INVARIANT, count: unknown.length, offenders: unknown.slice(0, list).map(offender) }
}

function untold(error: unknown): DependencyUnavailable {
  if (error instanceof DependencyUnavailable) return error
  throw error
}

function offender(orphan: OrphanMoney) {
  const { state, amount, currency, authorizationId, since } = { ...orphan, ...orphan.amount }
  const has = state === 'captured' ? 'has taken' : 'holds'
  const why = `The gateway ${has} ${amount} ${currency} (${authorizationId}, of ${since.toISOString()}) for it, but there is no such order.`
  return { who: orphan.orderId, why }
}
