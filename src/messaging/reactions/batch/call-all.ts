import { inSpan } from '#platform/tracing'
import { crashPoint } from '../../crash-points.ts'
import type { BatchItem, BatchRuntime } from './batch.ts'
import type { Reaction } from '../define/define-reaction.ts'

export type CallOutcome = { ok: true; result: unknown; durationUs: number } | { ok: false; error: unknown }

/**
 * Runs the outside effect of each event, `callConcurrency` at a time, each with its own time limit. Never throws.
 * @param onAnswer told of each as soon as it is over
 */
export async function callAll<Item extends BatchItem>(
  reaction: Reaction,
  items: readonly Item[],
  runtime: BatchRuntime,
  onAnswer: (item: Item, outcome: CallOutcome) => void,
): Promise<void> {
  let next = 0
  const lane = async () => {
    while (next < items.length) {
      const item = items[next++]!
      onAnswer(item, await callOne(reaction, item, runtime))
    }
  }
  await Promise.all(Array.from({ length: Math.min(reaction.callConcurrency, items.length) }, lane))
}

async function callOne(reaction: Reaction, { event }: BatchItem, { db }: BatchRuntime): Promise<CallOutcome> {
  const limit = AbortSignal.timeout(reaction.callTimeoutMs)
  const idempotencyKey = reaction.effect?.(event as never) ?? `${reaction.name}:${event.id}`
  const context = { idempotencyKey, signal: limit, db }
  const started = performance.now()
  try {
    const call = () => abortable(reaction.call!(event as never, context), limit)
    const result = await inSpan(`call ${reaction.name}`, { parent: event.traceparent }, call)
    crashPoint('reaction.after-call')
    return { ok: true, result, durationUs: microsecondsSince(started) }
  } catch (error) {
    return {
      ok: false,
      error: limit.aborted ? overdue(reaction, error) : error,
    }
  }
}

const overdue = ({ dependency = 'What it calls', callTimeoutMs }: Reaction, cause: unknown) =>
  new Error(`${dependency} did not answer within ${callTimeoutMs} ms`, { cause })

/** Also ends the wait for a call that does not listen to its signal. */
function abortable<T>(call: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error)
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    call.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

export const microsecondsSince = (started: number) => Math.round((performance.now() - started) * 1_000)
