/** How often and how patiently a reaction tries. */
export interface RetryPolicy {
  /** Attempts in all, the first included; the next failure makes a dead letter. @default 6 */
  attempts: number
  /**
   * Milliseconds to wait after the first, second, … failed attempt; the last one repeats. Each is rounded up to a rung of
   * the delay ladder (RETRY_DELAYS), so waiting is only ever longer. @default the ladder itself
   */
  delaysMs?: readonly number[]
  /** Deliveries that ended with the death of the process before the message counts as poison. @default 3 */
  poisonAfter: number
}

export const DEFAULT_RETRY: RetryPolicy = { attempts: 6, poisonAfter: 3 }

/** The smallest rung that is not shorter than `delayMs`; the last rung for anything longer. */
export function rungFor(delayMs: number, ladder: readonly number[]): number {
  return ladder.find((rung) => rung >= delayMs) ?? ladder.at(-1)!
}

/** Milliseconds to wait after failed attempt number `attempt` (from 1), a rung of the ladder. */
export function delayAfter(attempt: number, policy: RetryPolicy, ladder: readonly number[]): number {
  const wanted = policy.delaysMs ?? ladder
  return rungFor(wanted[Math.min(attempt, wanted.length) - 1]!, ladder)
}
