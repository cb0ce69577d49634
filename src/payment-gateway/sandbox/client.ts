import { request } from 'undici'
import { activeTraceparent, inSpan, SpanKind } from '#platform/tracing'
import { judge, unanswered, withoutToken, type GatewayError } from '../answer.ts'
import type { Call, GatewayAnswer, GatewayState, Hold, PaymentGateway } from '../port.ts'
import { openSince, readPage } from './holds.ts'

const REACHED: Record<'capture' | 'void' | 'refund', GatewayState> = {
  capture: 'captured',
  void: 'voided',
  refund: 'refunded',
}

/** A client of the sandbox's payment gateway; what its answers mean stands at `judge`. */
export function createGateway(url: string): PaymentGateway {
  async function post(path: string, body: Body, { idempotencyKey, signal }: Call): Promise<GatewayAnswer> {
    const headers = { 'content-type': 'application/json', 'idempotency-key': idempotencyKey }
    const options = { method: 'POST', headers, body: JSON.stringify(body), signal } as const
    const { status, retryAfter, text } = await exchange(`${url}${path}`, options)
    const answer = parsed(text)
    if (status < 300 && answer.id) return { ok: true, authorizationId: answer.id }
    return judge(status, withoutToken(answer.error, body.token), retryAfter)
  }

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
    name: `the gateway at ${url}`,
    /** Each page may take five seconds. */
    async *open(since: Date): AsyncGenerator<readonly Hold[]> {
      const query = openSince(since)
      for (let isLast = false; !isLast;) {
        const page = await list(query, AbortSignal.timeout(PAGE_MS))
        yield page.holds
        isLast = page.isLast || page.holds.length === 0
        query.set('starting_after', page.holds.at(-1)?.authorizationId ?? '')
      }
    },
    authorize: ({ amount, token, reference }, call) =>
      post('/v1/authorizations', { ...amount, token, reference }, call),
    capture: (authorizationId, call) => advance(authorizationId, 'capture', call),
    void: (authorizationId, call) => advance(authorizationId, 'void', call),
    refundPart: (authorizationId, { amount }, call) =>
      post(`/v1/authorizations/${authorizationId}/refund`, { amount }, call),
    refund: (authorizationId, call, { amount }) => advance(authorizationId, 'refund', call, { amount }),
    async totals(signal) {
      const { status, retryAfter, text } = await exchange(`${url}/v1/totals`, { method: 'GET', signal })
      if (status >= 300) judge(status, parsed(text).error, retryAfter)
      return parsed(text) as never
    },
  }
}

interface Body {
  token?: string
  [member: string]: unknown
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
