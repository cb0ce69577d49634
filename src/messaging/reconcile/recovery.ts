import type { Logger } from '#platform/logger'
import { closeRecovery, requestedRecoveries, type RecoveryRequest } from '../deliveries/recovery-requests.ts'
import { reconcile, type ReconcileOptions } from './reconcile.ts'

/** Milliseconds between looks for requests. */
const LOOK_MS = 500

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
  return {
    async tick(writeCheckpoint) {
      if (running || performance.now() < lookAt) return
      lookAt = performance.now() + LOOK_MS
      const requests = await requestedRecoveries(options.db)
      if (requests.length === 0) return
      await writeCheckpoint()
      running = serve(requests, { ...options, signal: stopping.signal }).finally(() => (running = undefined))
    },
    async stop() {
      stopping.abort()
      await running
    },
  }
}

async function serve(requests: readonly RecoveryRequest[], options: ReconcileOptions & { log: Logger }) {
  const { log, signal } = options
  for (const request of requests) {
    if (signal?.aborted) return
    try {
      const [report] = await reconcile({ ...options, reaction: request.reaction, everything: true })
      if (signal?.aborted || report?.busy) continue
      await closeRecovery(options.db, request)
      if (report?.delivered) log.warn({ reaction: request.reaction, events: report.delivered }, 'delivered again')
    } catch (err) {
      log.warn({ reaction: request.reaction, reason: (err as Error).message }, 'recovery interrupted, trying again')
    }
  }
}
