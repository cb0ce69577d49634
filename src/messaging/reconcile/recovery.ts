import type { Logger } from '#platform/log/logger'
import { closeRecovery, requestedRecoveries, type RecoveryRequest } from '../deliveries/recovery-requests.ts'
import { reconcile, type ReconcileOptions } from './reconcile.ts'

/** Milliseconds between looks for requests. */
const LOOK_MS = 500
/** Milliseconds until the next line about a reaction that is recovered again and again, while its queue is sick. */
const LINE_MS = 30_000

export interface Recovery {
  /**
   * Looks for requests now and then, and serves them in the background. What is published by then may have gone to queues
   * that are gone: the checkpoint is written first, because recovery reaches as far as that.
   */
  tick(writeCheckpoint: () => Promise<unknown>): Promise<void>
  stop(): Promise<void>
}

/** Serves requests for recovery: delivers everything unsettled of the reactions whose messages are gone, at once. */
export function createRecovery(options: Omit<ReconcileOptions, 'signal'> & { log: Logger }): Recovery {
  const stopping = new AbortController()
  let running: Promise<void> | undefined
  let lookAt = 0
  const report = createReport(options.log)
  return {
    async tick(writeCheckpoint) {
      if (running || performance.now() < lookAt) return
      lookAt = performance.now() + LOOK_MS
      const requests = await requestedRecoveries(options.db)
      if (requests.length === 0) return
      await writeCheckpoint()
      running = serve(requests, report, { ...options, signal: stopping.signal }).finally(() => (running = undefined))
    },
    async stop() {
      stopping.abort()
      await running
    },
  }
}

async function serve(
  requests: readonly RecoveryRequest[],
  report: ReturnType<typeof createReport>,
  options: ReconcileOptions & { log: Logger },
) {
  const { log, signal } = options
  for (const request of requests) {
    if (signal?.aborted) return
    try {
      const [done] = await reconcile({ ...options, reaction: request.reaction, everything: true })
      if (signal?.aborted || done?.busy) continue
      await closeRecovery(options.db, request)
      report(request.reaction, done?.delivered ?? 0)
    } catch (err) {
      log.warn({ reaction: request.reaction, reason: (err as Error).message }, 'recovery interrupted, trying again')
    }
  }
}

/** A line at once, and then one now and then with what has come together. */
function createReport(log: Logger) {
  const told = new Map<string, { at: number; events: number }>()
  return (reaction: string, delivered: number) => {
    const before = told.get(reaction) ?? { at: -Infinity, events: 0 }
    const events = before.events + delivered
    const isDue = events > 0 && performance.now() - before.at > LINE_MS
    if (isDue) log.warn({ reaction, events }, 'delivered again')
    told.set(reaction, isDue ? { at: performance.now(), events: 0 } : { ...before, events })
  }
}
