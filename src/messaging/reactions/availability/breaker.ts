import type { Outcome } from '../batch/batch.ts'
import { patternOf } from '../../deliveries/failure/fingerprint.ts'
import { RetryLater, Unrecoverable } from '../../errors.ts'

/** Fewer failed calls in a row tell nothing. */
const SHORTEST_RUN = 20
/** A longer run is never waited for. */
const LONGEST_RUN = 1_000
/** A run of failures is taken for an outage when it would come up by chance once in so many calls. */
const ONCE_IN = 10_000
/** Calls that are remembered; older ones count half. */
const REMEMBERED = 1_000
/** Its call has succeeded, whatever became of the rest. */
const ANSWERED: ReadonlySet<string> = new Set(['handled', 'failed'])

/** One call and what became of it. */
export interface Tried {
  outcome: Outcome
  /** From 1. */
  attempt: number
}

/**
 * Tells a dependency that fails for everybody from messages that fail by themselves. A dependency that *says* that it is away
 * (DependencyUnavailable) needs no counting. One that only answers with errors counts as away when its last calls have all
 * failed of one cause (error name and message without ids and numbers), and that many in a row are improbable for it: 20 where
 * nearly all calls succeed, 88 where one in ten does. Only first attempts count: what is tried again has failed before, and would
 * tell of itself. Business refusals (`Unrecoverable`, `RetryLater`) are answers of a dependency that works.
 */
export function createFailureRun() {
  let pattern = ''
  let length = 0
  /** When the run began, by the monotonic clock. */
  let began = 0
  let succeeded = 0
  let failed = 0
  const endRun = () => {
    failed += length
    length = 0
    if (succeeded + failed > REMEMBERED) {
      succeeded /= 2
      failed /= 2
    }
  }
  const telling = () => {
    const share = failed === 0 ? 1 : succeeded / (succeeded + failed)
    const improbable = share >= 1 ? 0 : Math.log(ONCE_IN) / -Math.log1p(-share)
    return Math.min(LONGEST_RUN, Math.max(SHORTEST_RUN, improbable))
  }
  const noteOne = ({ outcome, attempt }: Tried) => {
    if (isFailedCall(outcome)) {
      if (attempt > 1) return
      const seen = patternOf(outcome.error)
      if (seen !== pattern) endRun()
      pattern = seen
      if (length === 0) began = performance.now()
      length++
    } else if (ANSWERED.has(outcome.kind)) {
      endRun()
      succeeded++
    }
  }
  return {
    /** Milliseconds since the first of the calls that have failed in a row; 0 when the last one has not. */
    get failingForMs() {
      return length === 0 ? 0 : performance.now() - began
    },
    /** @returns true when, with the calls of this batch, all calls of late have failed of one cause */
    note(tried: readonly Tried[]): boolean {
      tried.forEach(noteOne)
      return length >= telling()
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
