import { connect, type Socket } from 'node:net'

export interface Answer {
  /** 0 when the connection broke or there was no answer in time. */
  status: number
  body: string
}

export interface HttpConnection {
  /** One request at a time; never throws. */
  send(request: string): Promise<Answer>
  close(): void
}

const PATIENCE_MS = 15_000
const NOTHING: Answer = { status: 0, body: '' }

/**
 * HTTP/1.1 kept alive, as thin as a benchmark wants it: on two cores the client's work is taken from the server. It
 * understands answers with a Content-Length. A connection that broke is opened again for the next request.
 */
export function openConnection(host: string, port: number): HttpConnection {
  let socket: Socket | undefined
  let received = ''
  let answer: ((answer: Answer) => void) | undefined

  const finish = (result: Answer) => {
    const waiting = answer
    answer = undefined
    received = ''
    waiting?.(result)
  }
  const open = () => {
    const opened = connect({ host, port, noDelay: true })
    opened.setEncoding('latin1') // one character per byte, so that lengths agree
    opened.setTimeout(PATIENCE_MS, () => opened.destroy())
    opened.on('error', () => {})
    opened.on('close', () => {
      if (socket !== opened) return
      socket = undefined
      finish(NOTHING)
    })
    opened.on('data', (chunk: string) => {
      received += chunk
      const complete = readAnswer(received)
      if (complete) finish(complete)
    })
    return opened
  }
  return {
    send(request) {
      return new Promise((resolve) => {
        answer = resolve
        socket ??= open()
        socket.write(request)
      })
    },
    close() {
      const opened = socket
      socket = undefined
      opened?.destroy()
      finish(NOTHING)
    },
  }
}

function readAnswer(received: string): Answer | undefined {
  const end = received.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(received.slice(0, end))?.[1] ?? 0)
  const body = received.slice(end + 4)
  return body.length < length ? undefined : { status: Number(received.slice(9, 12)), body }
}
