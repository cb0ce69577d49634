import { once } from 'node:events'
import type { Response } from 'express'
import type { LiveMessage } from '#http'
import { SECURITY } from './answer.ts'

/** Proxies close what is silent for longer, often after 30 or 60 s. */
const HEARTBEAT_MS = 15_000

/** Sends messages as Server-Sent Events, no faster than they are read. Resolves when they end, or nobody listens any more. */
export async function sendLive(response: Response, messages: AsyncIterable<LiveMessage>): Promise<void> {
  response.writeHead(200, { ...SECURITY, 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' })
  response.write(': connected\n\n')
  const heartbeat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT_MS)
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
    response.end()
  }
}

/** JSON has no line breaks, so one line of data is enough. */
const textOf = ({ id, event, data }: LiveMessage) =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
