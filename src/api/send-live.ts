import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { LiveMessage, Reply } from '#http'
import { SECURITY } from './answer.ts'

/** Proxies close what is silent for longer, often after 30 or 60 s. */
const HEARTBEAT_MS = 15_000
/** Who has taken nothing for so long is cut off: what waits for him must not grow. */
const SLOW_MS = 30_000

interface Listening {
  /** Whether whoever listens still may. */
  may: () => Promise<boolean>
  /** Milliseconds between two questions. @default 5000 */
  askEvery?: number
  /** @default 30000 */
  slowMs?: number
}

/**
 * Sends messages as Server-Sent Events, no faster than they are read. Resolves when they end, nobody listens any more, or whoever
 * listens may no longer or is too slow.
 */
export async function sendLive(
  response: ServerResponse,
  live: NonNullable<Reply['live']>,
  { may, askEvery = 5_000, slowMs = SLOW_MS }: Listening,
): Promise<void> {
  const closed = new AbortController()
  response.once('close', () => closed.abort())
  if (response.destroyed) closed.abort() // whoever asked left before there was an answer
  response.writeHead(200, { ...SECURITY, 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' })
  if (response.req.method === 'HEAD') {
    response.end()
    return leaveLive({ live })
  }
  response.write(': connected\n\n')
  const heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT_MS)
  const ask = setInterval(() => void may().then((still) => still || response.destroy()), askEvery)
  try {
    for await (const message of typeof live === 'function' ? live(closed.signal) : live) {
      if (closed.signal.aborted) break
      if (!response.write(textOf(message))) await drained(response, closed.signal, slowMs)
    }
  } catch (error) {
    if (!closed.signal.aborted) throw error
  } finally {
    clearInterval(heartbeat)
    clearInterval(ask)
    response.end()
  }
}

/** For a stream to which nobody listens. */
export async function leaveLive({ live }: Pick<Reply, 'live'>): Promise<void> {
  if (typeof live !== 'function') return
  const messages = live(AbortSignal.abort())[Symbol.asyncIterator]()
  await messages.next()
  await messages.return?.()
}

async function drained(response: ServerResponse, closed: AbortSignal, slowMs: number): Promise<void> {
  const tooSlow = setTimeout(() => response.destroy(), slowMs)
  await once(response, 'drain', { signal: closed }).finally(() => clearTimeout(tooSlow))
}

/** JSON has no line breaks, so one line of data is enough. */
const textOf = ({ id, event, data, json = JSON.stringify(data) }: LiveMessage) =>
  `${id === undefined ? '' : `id: ${id}\n`}${event === undefined ? '' : `event: ${event}\ndata: ${json}\n`}\n`
