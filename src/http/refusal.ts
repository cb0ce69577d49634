/** Why a request is refused, by what the caller can do about it. Only `problem.ts` knows the HTTP numbers behind it. */
export type RefusalKind =
  | 'invalid' // change the request
  | 'forbidden' // ask with another key
  | 'not-found' // ask for something else
  | 'gone' // ask no more: it was there
  | 'conflict' // the thing's state does not allow it now
  | 'busy' // the same request again, a little later
  | 'unavailable' // something this process needs is away; the same request again, later

/** One fault of a request: `pointer` (RFC 6901) into the body, or the name of a `parameter`. */
export interface Fault {
  pointer?: string
  parameter?: string
  detail: string
  code?: string
}

interface RefusalOptions extends ErrorOptions {
  faults?: readonly Fault[]
  /** Whole seconds after which trying again makes sense. */
  retryAfterS?: number
}

/** A request that is refused for a stated reason. `code` is stable (kebab-case); the message says what to do. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly kind: RefusalKind
  readonly code: string
  readonly faults: readonly Fault[] | undefined
  readonly retryAfterS: number | undefined
  constructor(kind: RefusalKind, code: string, message: string, options: RefusalOptions = {}) {
    super(message, options)
    this.kind = kind
    this.code = code
    this.faults = options.faults
    this.retryAfterS = options.retryAfterS
  }
}
