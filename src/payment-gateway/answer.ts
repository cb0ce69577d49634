import { STATUS_CODES } from 'node:http'
import { DependencyUnavailable, RetryLater, Unrecoverable } from '#messaging'
import type { GatewayAnswer, GatewayState } from './port.ts'

/** The body of an answer that is not a success, in the form that Stripe gives it. */
export interface GatewayError {
  type?: string
  code?: string
  decline_code?: string
  message?: string
  state?: GatewayState
}

/** Answers by which the gateway says that it is away, too busy for us (429), or does not know our credentials (401). */
const AWAY = new Set([401, 429, 502, 503, 504])
/** Answers to a request that will never be right. */
const REFUSED_FOR_GOOD = new Set([400, 413, 422])
/** Milliseconds after which a request that is still being carried out is asked about again. */
const AT_WORK_MS = 1_000
/** A request takes seconds: one that is still under way after so many milliseconds hangs, and somebody has to look. */
const AT_WORK_FOR_MS = 300_000

/**
 * What an answer that is not a success decides. Every message has the gateway's own code first and its words in quotes,
 * which fingerprints leave out: failures of one cause form one group, whatever order they are of.
 *
 * | the gateway                                                                      | what follows                              |
 * | -------------------------------------------------------------------------------- | ----------------------------------------- |
 * | 402, 400 `invalid_token`, a refusal with the state that the authorization is in   | its decision, which is a result           |
 * | 409 `idempotency_key_in_use`                                                     | RetryLater, for 5 minutes: it is under way |
 * | `idempotency_error`: the key was used for other data                             | Unrecoverable: no second hold, no decline |
 * | 401, 429, 502, 503, 504; connection refused, reset or cut, no address, no TLS    | DependencyUnavailable                     |
 * | 400, 413, 422 otherwise                                                          | Unrecoverable: asked again, it is the same |
 * | anything else (403, 404, 409, 500), and no answer within the call's time         | Error: this request is tried again        |
 *
 * @throws all but the first
 */
export function judge(status: number, error: GatewayError = {}, retryAfter?: string): GatewayAnswer {
  const { type, code, decline_code: declineCode, message = '', state } = error
  const said = `${code ?? type ?? STATUS_CODES[status] ?? 'no code'} (${status}): ${quoted(message)}`
  if (AWAY.has(status))
    throw new DependencyUnavailable(`The payment gateway is not available: ${said}${wait(retryAfter)}`)
  if (code === 'idempotency_key_in_use')
    throw new RetryLater(AT_WORK_MS, `The payment gateway is at work on this: ${said}`, { forMs: AT_WORK_FOR_MS })
  if (type === 'idempotency_error' || code === 'idempotency_error')
    throw new Unrecoverable(`The payment gateway was asked for this before with other data, and has decided: ${said}`)
  if (code && (status === 402 || code === 'invalid_token' || state))
    return { ok: false, code: declineCode ?? code, detail: message, ...(state && { state }) }
  const answered = `The payment gateway answered ${said}`
  throw REFUSED_FOR_GOOD.has(status) ? new Unrecoverable(answered) : new Error(answered)
}

/** No answer: `isOver` when it was the call's own time that ended. */
export function unanswered(cause: unknown, isOver: boolean): Error {
  if (isOver) return new Error('The payment gateway did not answer in time', { cause })
  const { code, message } = cause as { code?: string; message?: string }
  return new DependencyUnavailable(`The payment gateway cannot be reached: ${code ?? message}`, { cause })
}

/** An error for a refusal that the caller did not expect. */
export const refused = (what: string, { code, detail }: { code: string; detail: string }) =>
  new Error(`${what}: ${code}: ${quoted(detail)}`)

/** Gateways name the token they do not know, and what they say goes into events, logs and mails. */
export function withoutToken(error: GatewayError | undefined, token: string | undefined): GatewayError | undefined {
  return error?.message && token ? { ...error, message: error.message.replaceAll(token, '…') } : error
}

const quoted = (text: string) => `"${text.replaceAll('"', "'")}"`

const wait = (retryAfter: string | undefined) => (retryAfter ? `, again after ${retryAfter} s` : '')
