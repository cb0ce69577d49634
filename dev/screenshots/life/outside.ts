import { createServer } from 'node:http'
import { SMTPServer } from 'smtp-server'
import { startGateway } from '../../../sandbox/payment-gateway/server.ts'

/** Where the outside of a system that is shown stands, as `npm start` is told of it. */
export interface Outside {
  mail: number
  gateway: number
  shop: number
}

/** Three ports, one after the other. */
export const portsFrom = (first: number): Outside => ({ mail: first, gateway: first + 1, shop: first + 2 })

/** What the mail server answers, by the domain of the recipient. */
const REFUSED: Record<string, string> = {
  'left.example': '550 5.1.1 no such mailbox',
  'strict.example': '554 5.7.1 relaying denied',
  'full.example': '452 4.2.2 mailbox full',
}

/** A mail server that refuses some, unless it is away. */
export function mailServer(port: number): void {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    onRcptTo({ address }, _session, done) {
      const said = REFUSED[address.split('@')[1] ?? '']
      done(
        said === undefined ? null : Object.assign(new Error(said.slice(4)), { responseCode: Number(said.slice(0, 3)) }),
      )
    },
    onData(stream, _session, done) {
      stream.on('end', done).resume()
    },
  })
  server.on('error', () => {}) // a client that goes away
  server.listen(port, '127.0.0.1')
}

export const gateway = (port: number, dataDirectory: string) => startGateway({ port, dataDirectory, latencyMs: 40 })

/** Who is told by webhooks: one that works, one that fails, and one that is gone. */
export function shop(port: number): void {
  const answers: Record<string, number> = { '/fulfilment': 204, '/crm': 503, '/old': 410 }
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(answers[request.url ?? ''] ?? 404).end())
  })
  server.listen(port, '127.0.0.1')
}
