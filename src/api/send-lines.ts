import type { ServerResponse } from 'node:http'
import type { Reply } from '#http'
import { SECURITY } from './answer.ts'

/** How long the last lines may wait for somebody to read them. */
const SLOW_MS = 30_000

/**
 * Sends lines as NDJSON as they come. It does not wait until they are read: who sends all of a body before reading any of the answer
 * would wait for ever. What waits is bounded by the lines that a request may have.
 */
export async function sendLines(response: ServerResponse, lines: NonNullable<Reply['lines']>): Promise<void> {
  response.writeHead(200, { ...SECURITY, 'Content-Type': 'application/x-ndjson', 'X-Accel-Buffering': 'no' })
  try {
    for await (const some of lines) response.write(some.map((one) => `${JSON.stringify(one)}\n`).join(''))
  } catch (error) {
    if (!response.destroyed && !response.req.destroyed) throw error
  }
  if (response.closed) return
  const slow = setTimeout(() => response.destroy(), SLOW_MS)
  response.once('close', () => clearTimeout(slow)).end()
}
