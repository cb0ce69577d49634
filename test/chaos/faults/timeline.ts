import { createDice } from '../dice.ts'

export interface PlannedFault<Name extends string = string> {
  /** Milliseconds from the start of the run. */
  atMs: number
  fault: Name
  /** Decides the details of this one: victim, length, strength. */
  seed: number
}

/** Of quiet at the start, so that every fault hits a system at work. */
const CALM_START_MS = 5_000
const CALM_END_MS = 5_000
const GAP_MS = 7_500
/** A run of this length uses every fault so often at least. */
const LONG_RUN_MS = 10 * 60_000
const LEAST_IN_LONG_RUN = 3

/**
 * When which fault is injected: decided by the seed alone. Rounds over all of them in a shuffled order, so that each comes
 * as often as any other; spread evenly, each at a random moment of its slot.
 */
export function planFaults<Name extends string>(
  seed: number,
  durationMs: number,
  faults: readonly Name[],
): PlannedFault<Name>[] {
  const dice = createDice(seed)
  const span = Math.max(0, durationMs - CALM_START_MS - CALM_END_MS)
  const least = faults.length * (durationMs >= LONG_RUN_MS ? LEAST_IN_LONG_RUN : 1)
  const count = faults.length === 0 ? 0 : Math.max(least, Math.floor(span / GAP_MS))
  const names: Name[] = []
  while (names.length < count) names.push(...dice.shuffle(faults))
  return names.slice(0, count).map((fault, slot) => ({
    atMs: Math.round(CALM_START_MS + ((slot + dice.next()) * span) / count),
    fault,
    seed: dice.between(0, 0x7fffffff),
  }))
}
