import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { refusal, type Answer } from './authorizations.ts'
import { createGateway, noteFailure, type FailureEntry, type Failures, type Reply } from './gateway.ts'
import { noJournal, openJournal } from './journal.ts'
import { createAnsweredRequests, type AnsweredRequest } from './answered-requests.ts'

export interface GatewayOptions {
  /** 0 takes a free one. */
  port: number
  /** @default 127.0.0.1 */
  host?: string
  /** Folder of the journal; without it everything is forgotten at the end. */
  dataDirectory?: string | undefined
  /** Added to every answer. @default 0 */
  latencyMs?: number
  /** How long the first request of a key with pm_sandbox_slow is worked on. @default 10000 */
  slowMs?: number
  /** How late the first answer for pm_sandbox_timeout is. @default 60000 */
  hangMs?: number
}

export interface RunningGateway {
  url: string
  close(): Promise<void>
}

const MAX_BODY = 64 * 1024

/** Starts the payment gateway of the sandbox: holds, takes and gives back money that does not exist. */
export async function startGateway({
  port,
  host = '127.0.0.1',
  dataDirectory,
  latencyMs = 0,
  ...times
}: GatewayOptions) {
  const { slowMs = 10_000, hangMs = 60_000 } = times
  const answered = createAnsweredRequests()
  const failures: Failures = new Map()
  const replay = (entry: FailureEntry | AnsweredRequest) =>
    'failed' in entry ? noteFailure(failures, entry) : answered.replay(entry)
  const journal = dataDirectory ? await openJournal(path.join(dataDirectory, 'journal.jsonl'), replay) : noJournal
  const gateway = createGateway({ answered, journal, failures, slowMs })

  async function answer(request: IncomingMessage): Promise<Reply> {
    const url = new URL(request.url ?? '/', 'http://gateway')
    if (request.method === 'GET') return gateway.read(url)
    if (request.method !== 'POST') return refusal(405, 'method_not_allowed', 'GET or POST.')
    const key = request.headers['idempotency-key']
    if (typeof key !== 'string' || key === '')
      return refusal(400, 'idempotency_key_missing', 'Every POST needs an Idempotency-Key.')
    const raw = await bodyOf(request)
    return raw === undefined ? refusal(413, 'too_large', 'At most 64 KiB.') : gateway.write(url.pathname, key, raw)
  }

  const server = createServer((request, response) => {
    answer(request)
      .then(async ({ late, status, body }) => {
        const delay = latencyMs + (late ? hangMs : 0)
        if (delay > 0) await patience(delay, response)
        send(response, { status, body })
      })
      .catch((error: Error) => send(response, refusal(500, 'internal_error', error.message)))
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((listening, failed) => {
    server.once('error', failed)
    server.listen(port, host, () => listening())
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      await new Promise((closed) => {
        server.close(closed)
        server.closeAllConnections()
      })
      await journal.close()
    },
  } satisfies RunningGateway
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_BODY) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

/** Waits, or until the caller has hung up. */
async function patience(ms: number, response: ServerResponse): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  await after(ms, undefined, { signal: gone.signal }).catch(() => {})
}

function send(response: ServerResponse, { status, body }: Answer) {
  if (response.destroyed) return
  const text = JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  response.end(text)
}
