import { connect } from 'node:net'

export interface Answer {
  status: number
  body: string
}

const PATIENCE_MS = 15_000

/**
 * HTTP/1.1 kept alive, as thin as a benchmark wants it: on two cores the client's work is taken from the server. It
 * understands answers with a Content-Length. One request at a time; it rejects when the connection breaks.
 */
export function openConnection(port: number) {
  let received = ''
  let waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  socket.setEncoding('latin1') // one character per byte, so that lengths agree
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error(`no answer within ${PATIENCE_MS} ms`)))
  socket.on('error', (error) => waiting?.reject(error))
  socket.on('close', () => waiting?.reject(new Error('the API has closed the connection')))
  socket.on('data', (chunk: string) => {
    received += chunk
    const answer = readAnswer(received)
    if (!answer) return
    received = ''
    waiting?.resolve(answer)
  })
  return {
    send: (request: string) =>
      new Promise<Answer>((resolve, reject) => {
        waiting = { resolve, reject }
        socket.write(request)
      }),
    /** False when it was idle for too long, or broke. */
    isOpen: () => !socket.destroyed,
    close: () => socket.destroy(),
  }
}

function readAnswer(received: string): Answer | undefined {
  const end = received.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(received.slice(0, end))?.[1] ?? 0)
  const body = received.slice(end + 4)
  return body.length < length ? undefined : { status: Number(received.slice(9, 12)), body }
}
