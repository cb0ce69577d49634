import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface ReceivedWebhook {
  path: string
  headers: IncomingHttpHeaders
  /** As it came, to be verified. */
  body: string
  event: { id: string; type: string; orderId: string; sequence: number; data: Record<string, unknown> }
}

/** What a receiver does with a request: answers a status, at once or later, or never; hangs up after having read it. */
type Reaction = number | 'silence' | 'hang-up'

export interface WebhookReceiver {
  url: string
  /** Everything that was read, in its order. */
  received: ReceivedWebhook[]
  /** What it does from now on. @default answers 204 */
  answers: (webhook: ReceivedWebhook) => Reaction | Promise<Reaction>
  /** Nobody listens at its port until `up`. */
  down(): Promise<void>
  up(): Promise<void>
}

/** The endpoint of a client, on this machine. Close it by `down`. */
export async function webhookReceiver(): Promise<WebhookReceiver> {
  let server: Server
  let port = 0
  const receiver: WebhookReceiver = {
    url: '',
    received: [],
    answers: () => 204,
    async down() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
    async up() {
      server = createServer(async (request, response) => {
        const body = await text(request).catch(() => undefined)
        if (body === undefined) return
        const webhook = { path: request.url ?? '', headers: request.headers, body, event: JSON.parse(body) as never }
        receiver.received.push(webhook)
        const reaction = await receiver.answers(webhook)
        if (typeof reaction === 'number') response.writeHead(reaction).end(`answered ${reaction}`)
        else if (reaction === 'hang-up') request.socket.destroy()
      })
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, '127.0.0.1', resolve)
      })
      port = (server.address() as AddressInfo).port
      receiver.url = `http://127.0.0.1:${port}`
    },
  }
  await receiver.up()
  return receiver
}
