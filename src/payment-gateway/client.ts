import { request } from 'undici'
import { activeTraceparent, inSpan, SpanKind } from '#platform/tracing'
import type { Amount } from './amount.ts'
import { judge, unanswered, type GatewayAnswer, type GatewayError, type GatewayState } from './answer.ts'
import { settings } from './settings.ts'
import { openSince, readPage, type Hold } from './holds.ts'

interface Call {
  /** Names the effect, such as `authorize:<order>`: the gateway does it once, however often it is asked. */
  idempotencyKey: string
  signal: AbortSignal
}

const REACHED: Record<'capture' | 'void' | 'refund', GatewayState> = {
  capture: 'captured',
  void: 'voided',
  refund: 'refunded',
}

export type PaymentGateway = ReturnType<typeof createGateway>

/**
 * A client of the payment gateway. Answers what the gateway has decided; what else may happen, and what it means, stands
 * at `judge`. After an error the gateway may or may not have acted: ask again with the same key.
 */
export function createGateway(url: string) {
  async function post(path: string, body: Body, { idempotencyKey, signal }: Call): Promise<GatewayAnswer> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': idempotencyKey }
    const options = { method: 'POST', headers, body: JSON.stringify(body), signal } as const
    const { status, retryAfter, text } = await exchange(`${url}${path}`, options)
    const answer = parsed(text)
    if (status < 300 && answer.id) return { ok: true, authorizationId: answer.id }
    return judge(status, withoutToken(answer.error, body.token), retryAfter)
  }

  /** What may be a part is never taken for done because all has gone back. */
  const refundPart = (authorizationId: string, amount: number, call: Call) =>
    post(`/v1/authorizations/${authorizationId}/refund`, { amount }, call)

  async function advance(
    authorizationId: string,
    move: keyof typeof REACHED,
    call: Call,
    body: Body = {},
  ): Promise<GatewayAnswer> {
    const answer = await post(`/v1/authorizations/${authorizationId}/${move}`, body, call)
    const there = !answer.ok && answer.state === REACHED[move] // somebody was faster, or this is a second attempt
    return there ? { ok: true, authorizationId } : answer
  }

  async function list(query: URLSearchParams, signal: AbortSignal) {
    const options = { method: 'GET', signal } as const
    const { status, retryAfter, text } = await exchange(`${url}/v1/authorizations?${query.toString()}`, options)
    if (status >= 300) judge(status, parsed(text).error, retryAfter)
    return readPage(parsed(text))
  }

  return {
    /**
     * What the gateway holds or has taken of what was authorized since then, newest first, page by page. Each page may
     * take five seconds.
     */
    async *open(since: Date): AsyncGenerator<readonly Hold[]> {
      const query = openSince(since)
      for (let isLast = false; !isLast;) {
        const page = await list(query, AbortSignal.timeout(PAGE_MS))
        yield page.holds
        isLast = page.isLast || page.holds.length === 0
        query.set('starting_after', page.holds.at(-1)?.authorizationId ?? '')
      }
    },
    /** Holds the money; `reference` is our word for it. */
    authorize: ({ amount, token, reference }: { amount: Amount; token: string; reference: string }, call: Call) =>
      post('/v1/authorizations', { ...amount, token, reference }, call),
    /** Takes what is held. */
    capture: (authorizationId: string, call: Call) => advance(authorizationId, 'capture', call),
    /** Lets go of what is held. */
    void: (authorizationId: string, call: Call) => advance(authorizationId, 'void', call),
    /** Gives back so many minor units of what was taken. */
    refundPart,
    /** Gives back the rest of what was taken. That all has gone back already is as good. */
    refund: (authorizationId: string, call: Call, rest?: number) =>
      advance(authorizationId, 'refund', call, rest === undefined ? {} : { amount: rest }),
  }
}

interface Body {
  token?: string
  [member: string]: unknown
}

/** Gateways name the token they do not know, and what they say goes into events, logs and mails. */
function withoutToken(error: GatewayError | undefined, token: string | undefined): GatewayError | undefined {
  return error?.message && token ? { ...error, message: error.message.replaceAll(token, '…') } : error
}

const PAGE_MS = 5_000

type Options = Omit<NonNullable<Parameters<typeof request>[1]>, 'headers'> & {
  signal: AbortSignal
  headers?: Record<string, string>
}

/** One request and its whole answer. @throws what `unanswered` makes of a request that got none */
function exchange(url: string, options: Options) {
  const { host, pathname } = new URL(url)
  const attributes = { 'http.request.method': String(options.method), 'server.address': host, 'url.path': pathname }
  return inSpan(`${options.method} payment gateway`, { kind: SpanKind.CLIENT, attributes }, () => {
    const traceparent = activeTraceparent()
    return send(url, traceparent ? { ...options, headers: { ...options.headers, traceparent } } : options)
  })
}

async function send(url: string, options: Options) {
  try {
    const { statusCode: status, headers, body } = await request(url, options)
    return { status, retryAfter: headers['retry-after']?.toString(), text: await body.text() }
  } catch (error) {
    throw unanswered(error, options.signal.aborted)
  }
}

function parsed(text: string): { id?: string; error?: GatewayError } {
  try {
    return (JSON.parse(text) ?? {}) as object
  } catch {
    return {} // a proxy's page, say: its status tells enough
  }
}

let configured: PaymentGateway | undefined

/** The gateway at PAYMENT_GATEWAY_URL. */
export const gateway = () => (configured ??= createGateway(settings().PAYMENT_GATEWAY_URL))
