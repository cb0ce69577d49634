import type { z } from 'zod'
import { isDatabaseOutage, isOutOfConnections, isTransientConflict } from '#platform/database'
import { Refusal, type Fault, type RefusalKind } from './refusal.ts'

interface ProblemOptions extends ErrorOptions {
  headers?: Readonly<Record<string, string>>
  faults?: readonly Fault[] | undefined
}

/** An answer that is not a success, on its way to becoming a problem document (RFC 9457). */
export class Problem extends Error {
  override name = 'Problem'
  readonly status: number
  /** Stable, kebab-case. */
  readonly code: string
  readonly headers: Readonly<Record<string, string>>
  readonly faults: readonly Fault[] | undefined
  constructor(status: number, code: string, detail: string, options: ProblemOptions = {}) {
    super(detail, options)
    this.status = status
    this.code = code
    this.headers = options.headers ?? {}
    this.faults = options.faults
  }
}

/** Most faults that one document names. */
const MOST_FAULTS = 50

/** The document itself. `title` says in general what `detail` says of this case. */
export function toDocument({ status, code, message, faults }: Problem, instance: string, requestId: string) {
  const more =
    faults && faults.length > MOST_FAULTS ? ` The first ${MOST_FAULTS} of ${faults.length} faults are named.` : ''
  const title = code.replaceAll('-', ' ').replace(/^./, (first) => first.toUpperCase())
  const type = `urn:fanfare:problem:${code}`
  const errors = faults && { errors: faults.slice(0, MOST_FAULTS) }
  return { type, title, status, code, detail: message + more, instance, requestId, ...errors }
}

const STATUS_OF: Readonly<Record<RefusalKind, number>> = {
  invalid: 422,
  forbidden: 403,
  'not-found': 404,
  gone: 410,
  conflict: 409,
  busy: 503,
  unavailable: 503,
}

/** Whatever was thrown while answering a request, as the problem to tell of it. */
export function toProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown
  if (thrown instanceof Refusal) return fromRefusal(thrown)
  if (isOutOfConnections(thrown)) return outOfConnections(thrown)
  if (isDatabaseOutage(thrown)) return databaseUnavailable(thrown)
  if (isTransientConflict(thrown)) return gaveWay(thrown)
  return fromExpress(thrown) ?? unexpected(thrown)
}

function fromRefusal(refusal: Refusal): Problem {
  const { kind, code, message, faults, retryAfterS } = refusal
  const headers = retryAfterS === undefined ? {} : { 'Retry-After': String(retryAfterS) }
  return new Problem(STATUS_OF[kind], code, message, { headers, faults, cause: refusal })
}

const outOfConnections = (cause: unknown) =>
  new Problem(503, 'too-busy', 'This server has more to do than connections to its database. Send the request again.', {
    headers: { 'Retry-After': '1' },
    cause,
  })

/** A deadlock or a serialization failure: a migration or the making of a partition may cause one even for a read. */
const gaveWay = (cause: unknown) =>
  new Problem(503, 'too-busy', 'The database let other work go first and changed nothing. Send the request again.', {
    headers: { 'Retry-After': '1' },
    cause,
  })

export const databaseUnavailable = (cause?: unknown) =>
  new Problem(503, 'database-unavailable', 'The database does not answer at the moment. Send the request again.', {
    headers: { 'Retry-After': '2' },
    cause,
  })

const unexpected = (cause: unknown) =>
  new Problem(500, 'internal-error', 'Something went wrong on our side. Quote the requestId when you report it.', {
    cause,
  })

/** Errors of Express and its body parser, by their `type`. */
function fromExpress(thrown: unknown): Problem | undefined {
  const { type, message, limit } = thrown as { type?: string; message?: string; limit?: number }
  const options = { cause: thrown }
  if (thrown instanceof URIError)
    return new Problem(400, 'invalid-path', 'The path is not valid percent-encoding.', options)
  switch (type) {
    case 'entity.parse.failed':
      return new Problem(400, 'invalid-json', `The body is not valid JSON: ${message}.`, options)
    case 'entity.too.large':
      return new Problem(413, 'body-too-large', `The body is larger than ${limit} bytes. Send less at once.`, options)
    case 'charset.unsupported':
    case 'encoding.unsupported':
      return new Problem(
        415,
        'unsupported-media-type',
        `Send UTF-8 JSON, plain or gzip, deflate or br: ${message}.`,
        options,
      )
    case 'request.aborted':
    case 'request.size.invalid':
      return new Problem(400, 'incomplete-body', 'The body ended before its published length.', options)
    default:
      return isPackedBadly(thrown)
        ? new Problem(400, 'invalid-encoding', 'The body is not what its Content-Encoding says.', options)
        : notOfOurs(thrown)
  }
}

/** What else Express and its parts blame on the caller. */
function notOfOurs(thrown: unknown): Problem | undefined {
  const { status, expose } = thrown as { status?: unknown; expose?: unknown }
  const isCallers = expose === true && typeof status === 'number' && status >= 400 && status < 500
  if (!isCallers) return undefined
  return new Problem(status, 'bad-request', 'The request cannot be understood.', { cause: thrown })
}

/** zlib's errors reach us as the body parser passes them on, told apart by their codes alone. */
function isPackedBadly(thrown: unknown): boolean {
  const { code, status } = thrown as { code?: unknown; status?: unknown }
  return status === 400 && typeof code === 'string' && /^(Z|ERR)_/.test(code)
}

/** What a schema found wrong, with a pointer into the body or the name of a parameter for each fault. */
export function invalid(where: 'body' | 'query' | 'path', error: z.ZodError): Problem {
  const faults = error.issues.flatMap((issue) => toFaults(where, issue))
  return new Problem(422, 'validation-failed', `The ${where} does not fit; see errors.`, { faults })
}

function toFaults(where: 'body' | 'query' | 'path', issue: z.core.$ZodIssue): Fault[] {
  const fault = (path: readonly PropertyKey[], code: string, detail: string): Fault =>
    where === 'body'
      ? { pointer: pointerTo(path), code, detail }
      : { parameter: shortened(path[0] ?? ''), code, detail }
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => fault([...issue.path, key], 'unknown-field', 'is not known here; leave it out'))
  }
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) {
    return [fault(issue.path, 'required', 'is required')]
  }
  return [fault(issue.path, codeOf(issue), issue.message)]
}

/** A check of our own may name its code in `params`. */
const codeOf = (issue: z.core.$ZodIssue): string =>
  issue.code === 'custom' ? String(issue.params?.['code'] ?? 'invalid-format') : issue.code.replaceAll('_', '-')

const pointerTo = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${shortened(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')

/** Whoever sends a field with an endless name knows which one it is. */
const shortened = (part: PropertyKey) => String(part).replace(/^([^]{100})[^]+$/u, '$1…')
