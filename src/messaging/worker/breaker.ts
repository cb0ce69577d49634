import type { Outcome } from './batch.ts'
import { NotYet, Unrecoverable } from '../errors.ts'

/** Calls in a row that must fail, without a success between them, before a dependency counts as away. */
const THRESHOLD = 10

/**
 * Tells a dependency that fails for everybody from messages that fail by themselves: counts outside calls that failed in
 * a row, over different messages. Business refusals (`Unrecoverable`, `NotYet`) do not count.
 */
export function createFailureCounter() {
  let inARow = 0
  return {
    /** @returns true when the calls of this batch complete a row of failures */
    note(outcomes: readonly Outcome[]): boolean {
      for (const outcome of outcomes) {
        if (isFailedCall(outcome)) inARow++
        else if (outcome.kind === 'handled') inARow = 0
      }
      return inARow >= THRESHOLD
    },
  }
}

export function isFailedCall(outcome: Outcome): outcome is Extract<Outcome, { kind: 'failed' }> {
  return (
    outcome.kind === 'failed' &&
    outcome.during === 'call' &&
    !(outcome.error instanceof Unrecoverable) &&
    !(outcome.error instanceof NotYet)
  )
}
