import { eventInvariants } from './invariants/events.ts'
import { projectionsMoveOn } from './invariants/projections.ts'
import type { Invariant } from './invariant.ts'

export { apply, since } from './invariant.ts'
export { isBroken } from './invariant.ts'
export type { Finding, Invariant, Limits } from './invariant.ts'

/** What must hold of events, deliveries and projections, whatever the domain. */
export const CORE_INVARIANTS: readonly Invariant[] = [...eventInvariants, projectionsMoveOn]
