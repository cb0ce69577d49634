import { request } from 'undici'
import type { Money } from '#events'
import { DependencyUnavailable } from '#messaging'
import { readConfig } from '#platform/config'

/** What the gateway says an authorization is. */
type GatewayState = 'authorized' | 'captured' | 'voided' | 'refunded'

/** The gateway's own word; a refusal is a result, not an error. */
export type GatewayAnswer =
  | { ok: true; authorizationId: string }
  /** `state` tells what the authorization is instead, where that was the reason. */
  | { ok: false; code: string; detail: string; state?: GatewayState }

interface Call {
  /** The same for every attempt at one effect: the gateway then does it once. */
  idempotencyKey: string
  signal: AbortSignal
}

const REACHED: Record<'capture' | 'void' | 'refund', GatewayState> = {
  capture: 'captured',
  void: 'voided',
  refund: 'refunded',
}
const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT'])

export type PaymentGateway = ReturnType<typeof createGateway>

/**
 * A client of the payment gateway. Answers what the gateway has decided.
 * @throws DependencyUnavailable when it cannot be reached; any other error means that it may or may not have acted:
 * ask again with the same key
 */
export function createGateway(url: string) {
  async function post(path: string, body: object, { idempotencyKey, signal }: Call): Promise<GatewayAnswer> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': idempotencyKey }
    const response = await request(`${url}${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      signal,
    }).catch((error: unknown) => {
      throw unreached(url, error)
    })
    const { statusCode } = response
    const answer = (await response.body.json().catch(() => ({}))) as { id?: string; error?: GatewayError }
    if (statusCode < 300 && answer.id) return { ok: true, authorizationId: answer.id }
    return refusal(statusCode, answer.error)
  }

  async function advance(authorizationId: string, move: keyof typeof REACHED, call: Call): Promise<GatewayAnswer> {
    const answer = await post(`/v1/authorizations/${authorizationId}/${move}`, {}, call)
    const there = !answer.ok && answer.state === REACHED[move] // somebody was faster, or this is a second attempt
    return there ? { ok: true, authorizationId } : answer
  }

  return {
    /** Holds the money; `reference` is our word for it. */
    authorize: ({ amount, token, reference }: { amount: Money; token: string; reference: string }, call: Call) =>
      post('/v1/authorizations', { ...amount, token, reference }, call),
    /** Takes what is held. */
    capture: (authorizationId: string, call: Call) => advance(authorizationId, 'capture', call),
    /** Lets go of what is held. */
    void: (authorizationId: string, call: Call) => advance(authorizationId, 'void', call),
    /** Gives back what was taken. */
    refund: (authorizationId: string, call: Call) => advance(authorizationId, 'refund', call),
  }
}

interface GatewayError {
  code: string
  decline_code?: string
  message: string
  state?: GatewayState
}

function refusal(status: number, error: GatewayError | undefined): GatewayAnswer {
  if (status === 503) throw new DependencyUnavailable('The payment gateway is out of service (503)')
  const decided = status === 402 || status === 409 || error?.code === 'invalid_token'
  if (!decided || !error) throw new Error(`The payment gateway answered ${status}${error ? `: ${error.message}` : ''}`)
  const { code, decline_code: declineCode, message, state } = error
  return { ok: false, code: declineCode ?? code, detail: message, ...(state && { state }) }
}

function unreached(url: string, error: unknown): Error {
  const { code } = error as { code?: string }
  return code && UNREACHABLE.has(code)
    ? new DependencyUnavailable(`The payment gateway at ${url} cannot be reached (${code})`, { cause: error })
    : new Error('The payment gateway did not answer', { cause: error })
}

let configured: PaymentGateway | undefined

/** The gateway at PAYMENT_GATEWAY_URL. */
export const gateway = () => (configured ??= createGateway(readConfig().PAYMENT_GATEWAY_URL))
