import type { Outcome } from './batch.ts'
import { RetryLater, Unrecoverable } from '../errors.ts'

/** The last calls that are looked at, and how many of them must have failed before a dependency counts as away. */
const WINDOW = 20
const TOO_MANY = 18

/**
 * Tells a dependency that fails for everybody from messages that fail by themselves, by the share of failures among the
 * last outside calls (a sliding window counted in calls, as in Resilience4j). A row of bad messages between good ones does
 * not open it: retries make bad messages come in rows. Business refusals (`Unrecoverable`, `RetryLater`) do not count.
 */
export function createFailureWindow() {
  let failures: boolean[] = []
  return {
    /** @returns true when, with the calls of this batch, nearly every call of late has failed */
    note(outcomes: readonly Outcome[]): boolean {
      const calls = outcomes.filter((outcome) => isFailedCall(outcome) || outcome.kind === 'handled')
      failures = [...failures, ...calls.map(isFailedCall)].slice(-WINDOW)
      return failures.filter(Boolean).length >= TOO_MANY
    },
    /** A probe went well: what was before tells nothing about now. */
    forget() {
      failures = []
    },
  }
}

export function isFailedCall(outcome: Outcome): outcome is Extract<Outcome, { kind: 'failed' }> {
  return (
    outcome.kind === 'failed' &&
    outcome.during === 'call' &&
    !(outcome.error instanceof Unrecoverable) &&
    !(outcome.error instanceof RetryLater)
  )
}
