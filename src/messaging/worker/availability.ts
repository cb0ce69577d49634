import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from '#platform/logger'
import { isDatabaseOutage } from '#platform/database'
import { pausedReactions } from '../metrics.ts'

const FIRST_PAUSE = 250
const LONGEST_PAUSE = 10_000

/** Holds a reaction while something it needs is away: half-open probes by one message, growing pauses between them. */
export function createPause(worker: string, log: Logger, signal: AbortSignal) {
  let pauseMs = 0
  return {
    get paused() {
      return pauseMs > 0
    },
    /** The probe failed, or the first message did: wait before the next probe. */
    async hold(error: Error) {
      if (pauseMs === 0)
        log.warn(
          { worker, reason: error.message },
          'paused: something this reaction needs is away; its messages wait and use up no attempt',
        )
      pauseMs = Math.min(LONGEST_PAUSE, pauseMs * 2 || FIRST_PAUSE)
      pausedReactions.set({ worker }, 1)
      await wait(pauseMs, undefined, { signal }).catch(() => {})
    },
    resume() {
      if (pauseMs === 0) return
      pauseMs = 0
      pausedReactions.set({ worker }, 0)
      log.info({ worker }, 'resumed')
    },
  }
}

/** Repeats what fails only because PostgreSQL is away, until it is back or the process stops. */
export async function whenAvailable<T>(
  pause: ReturnType<typeof createPause>,
  signal: AbortSignal,
  run: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await run()
    } catch (error) {
      if (!isDatabaseOutage(error) || signal.aborted) throw error
      await pause.hold(error as Error)
    }
  }
}
