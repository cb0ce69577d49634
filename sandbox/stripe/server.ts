import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAccount } from './account.ts'
import type { StripeEvent } from './events.ts'
import { refusal } from './objects.ts'
import type { Told } from './remembered.ts'

interface Options {
  /** How long a confirmation with pm_sandbox_slow takes. @default 10000 */
  slowMs?: number
}

/**
 * A stand-in for Stripe's API, as far as this repository uses it: PaymentIntents with manual capture, refunds, idempotency keys, errors and
 * signed events, in memory. Payment methods are those of cards.ts, and Stripe's pm_card_authenticationRequired.
 */
export async function startStripe({ slowMs = 10_000 }: Options = {}) {
  const account = createAccount(slowMs)

  async function answer(request: IncomingMessage): Promise<Told> {
    if (!/^Bearer [rs]k_test_/.test(request.headers.authorization ?? ''))
      return refusal(401, { type: 'invalid_request_error', message: 'Invalid API Key provided' })
    const url = new URL(request.url ?? '/', 'http://stripe')
    if (request.method === 'GET') return account.read(url)
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    return account.write(url.pathname, request.headers['idempotency-key'] as string, Buffer.concat(chunks).toString())
  }

  const server = createServer((request, response) => {
    answer(request).then(
      (told) => send(response, told),
      (error: Error) => send(response, refusal(500, { type: 'api_error', message: error.message })),
    )
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    ...account,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((closed) => {
        server.close(closed)
        server.closeAllConnections()
      }),
  }
}

export type RunningStripe = Awaited<ReturnType<typeof startStripe>>

function send(response: ServerResponse, { status, body, isReplay }: Told) {
  const headers = { 'content-type': 'application/json', 'request-id': 'req_standin' }
  response.writeHead(status, { ...headers, ...(isReplay && { 'idempotent-replayed': 'true' }) })
  response.end(JSON.stringify(body))
}

/** An event as Stripe sends it to an endpoint. @param at seconds since 1970 */
export function signedEvent(event: StripeEvent, secret: string, at = Math.floor(Date.now() / 1_000)) {
  const body = JSON.stringify(event)
  const signature = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')
  return { body, headers: { 'content-type': 'application/json', 'stripe-signature': `t=${at},v1=${signature}` } }
}
