/** Chance that can be repeated: the same seed gives the same throws. */
export interface Dice {
  /** From 0 up to 1. */
  next(): number
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number
  chance(probability: number): boolean
  pick<T>(from: readonly T[]): T
  shuffle<T>(items: readonly T[]): T[]
  /** Dice of their own for one matter, whatever is thrown elsewhere. */
  fork(matter: number): Dice
}

export function createDice(seed: number): Dice {
  let state = seed >>> 0
  // mulberry32: small, well spread, and the same everywhere
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const between = (low: number, high: number) => low + Math.floor(next() * (high - low + 1))
  return {
    next,
    between,
    chance: (probability) => next() < probability,
    pick(from) {
      if (from.length === 0) throw new Error('nothing to pick from')
      return from[between(0, from.length - 1)]!
    },
    shuffle(items) {
      const shuffled = [...items]
      for (let last = shuffled.length - 1; last > 0; last--) {
        const other = between(0, last)
        ;[shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!]
      }
      return shuffled
    },
    fork: (matter) => createDice(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(matter + 1, 0x85ebca6b)),
  }
}
