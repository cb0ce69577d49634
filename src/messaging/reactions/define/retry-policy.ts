/** How often and how patiently a reaction tries. */
export interface RetryPolicy {
  /** Attempts in all, the first included; the next failure makes a dead letter. @default 6 */
  attempts: number
  /**
   * Milliseconds to wait after the first, second, … failed attempt; the last one repeats. Up to a fifth is added at random, so
   * that what failed together is not tried together. @default RETRY_DELAYS: 1 s, then each five times as long, 10 min at most
   */
  delaysMs?: readonly number[]
  /** Deliveries that ended with the death of the process before the message counts as poison. @default 3 */
  poisonAfter: number
}

export const DEFAULT_RETRY: RetryPolicy = { attempts: 6, poisonAfter: 3 }

const JITTER = 0.2

/** Milliseconds to wait after failed attempt number `attempt` (from 1). Jitter only extends. */
export function delayAfter(attempt: number, policy: RetryPolicy, defaultDelaysMs: readonly number[]): number {
  const delays = policy.delaysMs ?? defaultDelaysMs
  return delays[Math.min(attempt, delays.length) - 1]! * (1 + JITTER * Math.random())
}
