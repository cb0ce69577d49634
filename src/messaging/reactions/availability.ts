import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from '#platform/logger'
import { isDatabaseOutage } from '#platform/database'
import { pausedReactions } from '../metrics.ts'

const FIRST_PAUSE = 250
const LONGEST_PAUSE = 10_000

export type Pause = ReturnType<typeof createPause>

/**
 * The circuit breaker of one reaction in one process. Closed: batches run. Open (paused): messages are held, and one lane
 * at a time, after growing pauses, probes with a single message whether what was away is back.
 */
export function createPause(reaction: string, log: Logger, signal: AbortSignal) {
  let pauseMs = 0
  let probing = false
  const wakers: (() => void)[] = []
  const change = () => {
    probing = false
    for (const wake of wakers.splice(0)) wake()
  }
  signal.addEventListener('abort', change)

  return {
    /** May the caller run everything it has, or should it probe with one message? Waits while another lane probes. */
    async turn(): Promise<'all' | 'probe'> {
      while (pauseMs > 0 && probing && !signal.aborted) await new Promise<void>((resolve) => wakers.push(resolve))
      if (pauseMs === 0 || signal.aborted) return 'all'
      probing = true
      await wait(pauseMs, undefined, { signal }).catch(() => {})
      return 'probe'
    },
    /** Something is away: the message that showed it and those after it wait. */
    hold(error: Error, turn: 'all' | 'probe') {
      if (pauseMs === 0) {
        log.warn(
          { reaction, reason: error.message },
          'paused: something this reaction needs is away; its messages wait',
        )
        pausedReactions.set({ reaction }, 1)
        pauseMs = FIRST_PAUSE
      } else if (turn === 'probe') {
        pauseMs = Math.min(LONGEST_PAUSE, pauseMs * 2)
      }
      change()
    },
    /** It works. */
    resume() {
      if (pauseMs === 0) return
      pauseMs = 0
      pausedReactions.set({ reaction }, 0)
      log.info({ reaction }, 'resumed')
      change()
    },
  }
}

/** Repeats what fails only because PostgreSQL is away, until it is back or the process stops. */
export async function whenAvailable<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  for (let pauseMs = FIRST_PAUSE; ; pauseMs = Math.min(LONGEST_PAUSE, pauseMs * 2)) {
    try {
      return await run()
    } catch (error) {
      if (!isDatabaseOutage(error) || signal.aborted) throw error
      await wait(pauseMs, undefined, { signal }).catch(() => {})
    }
  }
}
