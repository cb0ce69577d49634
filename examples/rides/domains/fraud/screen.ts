/** So many requests of one rider within ten minutes are no longer a change of mind. */
const MOST_REQUESTS = 5
/** Nobody takes a city car further than this. */
const FARTHEST_M = 80_000

export type Verdict = 'too-many-requests' | 'too-far' | undefined

/** @param earlier requests of the same rider within the last ten minutes */
export function screen({ distanceM }: { distanceM: number }, earlier: number): Verdict {
  if (distanceM > FARTHEST_M) return 'too-far'
  return earlier >= MOST_REQUESTS ? 'too-many-requests' : undefined
}
