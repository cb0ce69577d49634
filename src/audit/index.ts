import type { Database, Transaction } from '#platform/database'
import { compareWithGateway } from './gateway-totals.ts'
import { apply, type Finding, type Law, type Limits } from './law.ts'
import { aftermathLaws } from './laws/aftermath.ts'
import { eventLaws } from './laws/events.ts'
import { moneyLaws } from './laws/money.ts'
import { orderLaws } from './laws/orders.ts'
import { stockLaws } from './laws/stock.ts'

export type { Finding, Law, Limits } from './law.ts'

/** What must hold at any moment on a live system, one statement each. */
export const LAWS: readonly Law[] = [...orderLaws, ...eventLaws, ...stockLaws, ...moneyLaws, ...aftermathLaws]

const DEFAULT_LIMITS: Limits = { patienceMs: 10 * 60_000, list: 20 }

/** Holds the database against every law. Reads only, and needs neither RabbitMQ nor Redis. */
export async function audit(db: Database | Transaction, given: Partial<Limits> = {}): Promise<Finding[]> {
  const limits = { ...DEFAULT_LIMITS, ...given }
  const findings: Finding[] = []
  for (const law of LAWS) findings.push(await apply(db, law, limits))
  findings.push(await compareWithGateway(db, limits))
  return findings
}

/** Whether what was found means that something is broken. */
export const isBroken = ({ count, onlyWarns }: Finding, strict = false) => count > 0 && (strict || !onlyWarns)
