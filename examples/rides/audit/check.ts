import type { Database } from '#platform/database'
import { apply, CORE_INVARIANTS, type Finding, type Limits } from '../../../src/audit/core.ts'
import { RIDES_INVARIANTS } from './invariants.ts'

const DEFAULT_LIMITS: Limits = { patienceMs: 10 * 60_000, list: 20 }

/** Holds the database of rides against what must hold of the core and of rides. Reads only. */
export async function auditRides(db: Database, given: Partial<Limits> = {}): Promise<Finding[]> {
  const limits = { ...DEFAULT_LIMITS, ...given }
  const findings: Finding[] = []
  for (const invariant of [...CORE_INVARIANTS, ...RIDES_INVARIANTS]) findings.push(await apply(db, invariant, limits))
  return findings
}

/** What is wrong, one sentence each; none when every invariant of rides holds. */
export async function wrongRides(db: Database): Promise<string[]> {
  const findings = await Promise.all(RIDES_INVARIANTS.map((one) => apply(db, one, DEFAULT_LIMITS)))
  return findings.flatMap(({ invariant, offenders }) => offenders.map(({ who, why }) => `${invariant}: ${who}: ${why}`))
}
