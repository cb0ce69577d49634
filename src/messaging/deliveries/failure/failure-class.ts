/** What must change before a delivery that was given up can succeed. */
export type FailureClass = 'dependency' | 'data' | 'code'

/** What is kept of a failure. */
export interface KeptFailure {
  /** Why it was given up. */
  reason: string
  errorName: string | null
  errorMessage: string | null
  /** Its call failed, of a reaction that names what it calls. */
  dependency: string | null
}

/** The message itself is refused, whoever reads it. */
const DATA_REASONS: ReadonlySet<string> = new Set([
  'unrecoverable',
  'not-in-store',
  'invalid-json',
  'invalid-envelope',
  'invalid-data',
  'unknown-type',
  'unsupported-content-type',
  'too-large',
])
/** Its process died. */
const CODE_REASONS: ReadonlySet<string> = new Set(['poison', 'delivery-limit'])
/** Said by the reaction, or by whoever waits for an answer. */
const AWAY: ReadonlySet<string> = new Set([
  'DependencyUnavailable',
  'RetryLater',
  'PostponedTooLong',
  'NoAnswer',
  'TimeoutError',
  'AbortError',
])
/** Node's words for a connection that was not made or broke, whatever the name of the error. */
const UNREACHED =
  /\b(ECONN\w+|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|EPIPE|fetch failed|socket hang up)\b/
const PROGRAMMING: ReadonlySet<string> = new Set(['TypeError', 'ReferenceError', 'RangeError', 'AssertionError'])
const MISFITS: ReadonlySet<string> = new Set(['ZodError', 'UnreadableEvent'])

/**
 * The one rule of what has failed, by what is kept of a failure:
 * - `dependency`: something that is called was not there, or answered with an error. It works again by itself.
 * - `data`: the message was refused (`Unrecoverable`, or it cannot be read). It has to be edited, or discarded.
 * - `code`: everything else. It takes another release.
 */
export function failureClassOf({ reason, errorName, errorMessage, dependency }: KeptFailure): FailureClass {
  if (DATA_REASONS.has(reason)) return 'data'
  if (CODE_REASONS.has(reason)) return 'code'
  const name = errorName ?? ''
  if (AWAY.has(name) || UNREACHED.test(errorMessage ?? '')) return 'dependency'
  if (PROGRAMMING.has(name)) return 'code'
  if (dependency !== null) return 'dependency'
  return MISFITS.has(name) ? 'data' : 'code'
}
