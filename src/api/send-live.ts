import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { LiveMessage } from '#http'
import { SECURITY } from './answer.ts'

/** Proxies close what is silent for longer, often after 30 or 60 s. */
const HEARTBEAT_MS = 15_000

interface Listening {
  /** Whether whoever listens still may. */
  may: () => Promise<boolean>
  /** Milliseconds between two questions. @default 5000 */
  askEvery?: number
}

/**
 * Sends messages as Server-Sent Events, no faster than they are read. Resolves when they end, nobody listens any more, or whoever
 * listens may no longer.
 */
export async function sendLive(
  response: ServerResponse,
  messages: AsyncIterable<LiveMessage>,
  { may, askEvery = 5_000 }: Listening,
): Promise<void> {
  response.writeHead(200, { ...SECURITY, 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' })
  response.write(': connected\n\n')
  const heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT_MS)
  const ask = setInterval(() => void may().then((still) => still || response.destroy()), askEvery)
  const closed = new AbortController()
  response.once('close', () => closed.abort())
  try {
    for await (const message of messages) {
      if (closed.signal.aborted) break
      if (!response.write(textOf(message))) await once(response, 'drain', { signal: closed.signal })
    }
  } catch (error) {
    if (!closed.signal.aborted) throw error
  } finally {
    clearInterval(heartbeat)
    clearInterval(ask)
    response.end()
  }
}

/** JSON has no line breaks, so one line of data is enough. */
const textOf = ({ id, event, data }: LiveMessage) =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
