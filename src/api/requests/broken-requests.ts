import { randomUUID } from 'node:crypto'
import { STATUS_CODES, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { Problem, toDocument } from '#http'
import { SECURITY } from '../answer.ts'

/**
 * Gives a problem document to whoever sends what Node answers by itself before any route sees it: no HTTP, headers that are
 * too large, a request that takes too long, an expectation that nobody meets, CONNECT.
 */
export function answerBrokenRequests(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (isAnswerable(socket)) socket.end(rawAnswer(problemOf(error.code)))
    else socket.destroy()
  })
  server.on('checkExpectation', (_request, response: ServerResponse) => {
    response.socket?.end(rawAnswer(new Problem(417, 'expectation-failed', 'Only Expect: 100-continue can be met.')))
  })
  server.on('connect', ({ method }, socket: Duplex) => {
    socket.on('error', () => {}) // whoever asks for a tunnel may be gone
    socket.end(rawAnswer(new Problem(405, 'method-not-allowed', `${method} is not possible here.`)))
  })
}

/** As Node judges it: nobody listens any more, or an answer to an earlier part of the request has begun. */
function isAnswerable(socket: Duplex): boolean {
  const { _httpMessage: begun } = socket as { _httpMessage?: ServerResponse | null }
  return socket.writable && !begun?.headersSent
}

function problemOf(code: string | undefined): Problem {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem(408, 'request-timeout', 'The request did not arrive in time. Send it again.')
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Problem(413, 'body-too-large', 'The chunk extensions of the body are too large.')
    case 'HPE_HEADER_OVERFLOW':
      return new Problem(431, 'headers-too-large', 'The headers are larger than 16 KiB. Send less of them.')
    default:
      return new Problem(400, 'bad-request', 'This is not an HTTP/1.1 request that can be read.')
  }
}

/** A whole answer, for a socket that has no response of Node's. */
function rawAnswer(problem: Problem): string {
  const requestId = randomUUID()
  const text = JSON.stringify(toDocument(problem, '/', requestId))
  const headers = {
    ...SECURITY,
    'X-Request-Id': requestId,
    'Content-Type': 'application/problem+json',
    'Content-Length': String(Buffer.byteLength(text)),
    Connection: 'close',
  }
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return [`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`, ...head, '', text].join('\r\n')
}
