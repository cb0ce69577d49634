export interface Backoff {
  /** Milliseconds until the next try: twice as long each time, up to the limit, of which chance leaves 50 to 100 %. */
  next(): number
  reset(): void
}

/** Exponential back-off with jitter, so that those who failed together do not come back together. */
export function createBackoff(firstMs: number, longestMs: number): Backoff {
  let delay = firstMs
  return {
    next() {
      const now = delay
      delay = Math.min(longestMs, delay * 2)
      return now * (0.5 + 0.5 * Math.random())
    },
    reset() {
      delay = firstMs
    },
  }
}
