/** Errors by the decision they allow. Whatever else a reaction throws means: failed, try again later. */

/** No attempt can succeed: the message goes to the dead letters at once. */
export class Unrecoverable extends Error {
  override name = 'Unrecoverable'
}

interface RetryLaterOptions extends ErrorOptions {
  /**
   * Milliseconds, counted from the first time that the delivery failed or was postponed, after which it is a failed attempt like
   * any other. A redrive begins to count anew. @default no limit
   */
  forMs?: number
}

/** Not now, and nobody's fault: delivered again after `delayMs`, no attempt used up. */
export class RetryLater extends Error {
  override name = 'RetryLater'
  readonly delayMs: number
  readonly forMs: number
  constructor(
    delayMs: number,
    reason = 'not yet',
    { forMs = Number.POSITIVE_INFINITY, ...options }: RetryLaterOptions = {},
  ) {
    super(reason, options)
    this.delayMs = delayMs
    this.forMs = forMs
  }
}

/** Something this process depends on cannot be reached: consumption pauses and probes, no attempt is used up. */
export class DependencyUnavailable extends Error {
  override name = 'DependencyUnavailable'
}

/** Why a message could not be understood. Stable codes: they are stored with dead letters. */
export type UnreadableReason =
  | 'unsupported-content-type'
  | 'too-large'
  | 'invalid-json'
  | 'invalid-envelope'
  | 'unknown-type'
  | 'newer-version'
  | 'invalid-data'

/**
 * The message cannot be understood: it goes to the dead letters at once. Of a type or version that a newer release knows
 * (`unknown-type` that it subscribed to, `newer-version`) it waits for that release.
 */
export class UnreadableEvent extends Error {
  override name = 'UnreadableEvent'
  readonly reason: UnreadableReason
  constructor(reason: UnreadableReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** Somebody else appended to the stream since it was read. Read again, decide again. */
export class StreamConflict extends Error {
  override name = 'StreamConflict'
}
