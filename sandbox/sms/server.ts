import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A text that was taken. */
export interface TakenText {
  id: string
  to: string
  from: string
  text: string
}

interface Answer {
  status: number
  body: object
}

/** What these numbers do; the part +44 7700 900000 to 900999 is nobody's, it is kept for films (Ofcom). */
const NUMBERS = {
  /** Not in service: refused for good. */
  refused: '+447700900404',
  /** The first time of each key the provider fails. */
  failing: '+447700900500',
  /** The first time of each key it is away. */
  away: '+447700900503',
  /** The first time of each key it is taken, and the connection breaks before the answer. */
  unheard: '+447700900408',
} as const

/**
 * Starts the SMS provider of the sandbox: takes texts and brings them to nobody. `POST /v1/messages` takes one, under an `Idempotency-Key`
 * that it remembers; `GET /v1/messages` lists them, the latest first. All is forgotten at the end.
 * @param port 0 takes a free one
 */
export async function startSms({ port, host = '127.0.0.1' }: { port: number; host?: string }) {
  const taken: TakenText[] = []
  const answered = new Map<string, { body: string; answer: Answer }>()
  const seen = new Set<string>()

  function take(key: string, body: string): Answer | 'unheard' {
    const before = answered.get(key)
    if (before)
      return before.body === body ? before.answer : refusal(409, 'idempotency_key_reused', 'For another text.')
    const given = read(body)
    if (!given) return refusal(400, 'invalid_request', 'A text has a number to, a sender from, and a text.')
    if (given.to === NUMBERS.refused) return refusal(422, 'not_in_service', `Nobody has ${given.to}.`)
    const isFirst = !seen.has(key)
    seen.add(key)
    if (isFirst && given.to === NUMBERS.failing) return refusal(500, 'internal_error', `No way to ${given.to} now.`)
    if (isFirst && given.to === NUMBERS.away) return refusal(503, 'maintenance', 'Back in a moment.')
    const id = `sms_${taken.length + 1}`
    taken.push({ id, ...given })
    const answer = { status: 202, body: { id } }
    answered.set(key, { body, answer })
    return isFirst && given.to === NUMBERS.unheard ? 'unheard' : answer
  }

  async function answer(request: IncomingMessage): Promise<Answer | 'unheard'> {
    if (request.method === 'GET') return { status: 200, body: { data: taken.toReversed() } }
    const key = request.headers['idempotency-key']
    if (typeof key !== 'string') return refusal(400, 'idempotency_key_missing', 'Every POST needs an Idempotency-Key.')
    return take(key, await bodyOf(request))
  }

  const server = createServer((request, response) => {
    void answer(request).then((told) => (told === 'unheard' ? request.socket.destroy() : send(response, told)))
  })
  await new Promise<void>((listening, failed) => {
    server.once('error', failed)
    server.listen(port, host, () => listening())
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/messages`,
    taken: taken as readonly TakenText[],
    close: () =>
      new Promise((closed) => {
        server.close(closed)
        server.closeAllConnections()
      }),
  }
}

export type RunningSms = Awaited<ReturnType<typeof startSms>>

const refusal = (status: number, code: string, message: string): Answer => ({
  status,
  body: { error: { code, message } },
})

function read(body: string): Omit<TakenText, 'id'> | undefined {
  try {
    const { to, from, text } = JSON.parse(body) as Record<string, unknown>
    const isText =
      typeof to === 'string' && /^\+\d{7,15}$/.test(to) && typeof from === 'string' && typeof text === 'string'
    return isText ? { to, from, text } : undefined
  } catch {
    return undefined
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function send(response: ServerResponse, { status, body }: Answer) {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}
