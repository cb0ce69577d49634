import type { Database, Transaction } from '#platform/database'
import { compareWithGateway } from './gateway-totals.ts'
import { apply, type Finding, type Invariant, type Limits } from './invariant.ts'
import { aftermathInvariants } from './invariants/aftermath.ts'
import { eventInvariants } from './invariants/events.ts'
import { orderIsItsFold } from './invariants/fold.ts'
import { moneyInvariants } from './invariants/money.ts'
import { orderInvariants } from './invariants/orders.ts'
import { projectionInvariants } from './invariants/projections.ts'
import { stockInvariants } from './invariants/stock.ts'
import { moneyIsForAnOrder } from './orphans/finding.ts'

export { isBroken } from './invariant.ts'
export type { Finding, Invariant, Limits } from './invariant.ts'
export { findOrphans, isStandby, releaseOrphans, type Orphans, type Released } from './orphans/release.ts'

/** What must hold at any moment on a live system and one statement can tell. */
export const INVARIANTS: readonly Invariant[] = [
  ...orderInvariants,
  ...eventInvariants,
  ...stockInvariants,
  ...moneyInvariants,
  ...aftermathInvariants,
  ...projectionInvariants,
]

const DEFAULT_LIMITS: Limits = { patienceMs: 10 * 60_000, list: 20 }

/** Holds the database against every invariant. Reads only, and needs neither RabbitMQ nor Redis. */
export async function audit(db: Database | Transaction, given: Partial<Limits> = {}): Promise<Finding[]> {
  const limits = { ...DEFAULT_LIMITS, ...given }
  const findings: Finding[] = []
  for (const invariant of INVARIANTS) findings.push(await apply(db, invariant, limits))
  findings.push(await orderIsItsFold(db, limits))
  findings.push(await moneyIsForAnOrder(db, limits))
  findings.push(await compareWithGateway(db, limits))
  return findings
}
