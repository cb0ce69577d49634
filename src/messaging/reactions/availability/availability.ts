import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from '#platform/log/logger'
import { isDatabaseOutage, plainMessage } from '#platform/database'
import { pausedReactions } from '../../metrics.ts'
import type { BreakerRecord } from './record-breaker.ts'

const FIRST_PAUSE = 250
const LONGEST_PAUSE = 10_000

export type Pause = ReturnType<typeof createPause>

interface Paused {
  reaction: string
  log: Logger
  signal: AbortSignal
  /** Told when it opens and closes. */
  record: BreakerRecord
}

/**
 * The circuit breaker of one reaction in one process. Closed: batches run. Open (paused): messages are held, and one batch
 * at a time, after growing pauses, probes whether what was away is back.
 */
export function createPause({ reaction, log, signal, record }: Paused) {
  let pauseMs = 0
  let pausedAt = 0
  let probes = 1
  let probing = false
  const wakers: (() => void)[] = []
  const change = () => {
    probing = false
    for (const wake of wakers.splice(0)) wake()
  }
  signal.addEventListener('abort', change)

  return {
    /** May the caller run everything it has, or should it probe with a few messages? Waits while another batch probes. */
    async turn(): Promise<'all' | 'probe'> {
      while (pauseMs > 0 && probing && !signal.aborted) await new Promise<void>((resolve) => wakers.push(resolve))
      if (pauseMs === 0 || signal.aborted) return 'all'
      probing = true
      await wait(pauseMs, undefined, { signal }).catch(() => {})
      return 'probe'
    },
    /** How many messages a probe takes. */
    get probes() {
      return probes
    },
    /**
     * Something is away: the messages that showed it and those after it wait. A dependency that says so is probed with one
     * message; where only failures show it, with as many as tell it from messages that fail by themselves.
     */
    hold(error: Error, turn: 'all' | 'probe', probeWith: number) {
      probes = probeWith
      if (pauseMs === 0) {
        log.warn(
          { reaction, reason: plainMessage(error) },
          'paused: something this reaction needs is away; its messages wait',
        )
        pausedReactions.set({ reaction }, 1)
        record.opened(error)
        pauseMs = FIRST_PAUSE
        pausedAt = performance.now()
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
      record.closed()
      const pausedMs = Math.round(performance.now() - pausedAt)
      log.info({ reaction, pausedMs, isRecovery: true }, 'goes on: what it needs is there again')
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
