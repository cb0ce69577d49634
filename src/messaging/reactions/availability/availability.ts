import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from '#platform/log/logger'
import { isDatabaseOutage, plainMessage } from '#platform/database'
import { createBell } from '#platform/process/bell'
import { pausedReactions } from '../../metrics.ts'
import type { BreakerRecord } from './record-breaker.ts'
import { aloneWith, type Sharing } from './share-breaker.ts'

const FIRST_PAUSE = 250
const LONGEST_PAUSE = 10_000

export type Pause = ReturnType<typeof createPause>

interface Paused {
  reaction: string
  log: Logger
  signal: AbortSignal
  /** Told when it opens and closes. */
  record: BreakerRecord
  /** Reactions of this process that need the same. @default none */
  sharing?: Sharing
}

interface Held {
  error: Error
  /** What the batch was allowed that showed it. */
  turn: 'all' | 'probe'
  /** How many messages the next probe takes. */
  probeWith: number
  /** The dependency says that it is away; otherwise its calls only fail, for so many milliseconds. */
  isSaid: boolean
  failingForMs?: number
}

/**
 * The circuit breaker of one reaction in one process. Closed: batches run. Open (paused): messages are held, and one batch
 * at a time, after growing pauses, probes whether what was away is back.
 *
 * Reactions that share a dependency open together. One call that succeeds closes all of them, but for one whose own calls were
 * answered with errors: that may be a fault of what it alone asks for, so it only probes at once, and goes by its own answer.
 */
export function createPause({ reaction, log, signal, record, sharing = aloneWith }: Paused) {
  let pauseMs = 0
  let pausedAt = 0
  let probes = 1
  let probing = false
  /** Its own calls were answered with errors. */
  let isCounted = false
  const wakers: (() => void)[] = []
  const bell = createBell()
  let isAsleep = false
  const wakeUp = () => isAsleep && bell.ring()
  const change = () => {
    probing = false
    for (const wake of wakers.splice(0)) wake()
  }
  const open = (error: Error, why: string, failingForMs = 0) => {
    log.warn({ reaction, reason: plainMessage(error) }, why)
    pausedReactions.set({ reaction }, 1)
    record.opened(error, failingForMs)
    pauseMs = FIRST_PAUSE
    pausedAt = performance.now()
  }
  const close = () => {
    pauseMs = 0
    isCounted = false
    pausedReactions.set({ reaction }, 0)
    record.closed()
    const pausedMs = Math.round(performance.now() - pausedAt)
    log.info({ reaction, pausedMs, isRecovery: true }, 'goes on: what it needs is there again')
    wakeUp()
    change()
  }
  const others = sharing({
    suspect(error) {
      if (pauseMs > 0) return
      probes = 1
      open(error, 'paused: another reaction has found away what this one needs as well')
    },
    relieve() {
      if (pauseMs === 0) return
      if (!isCounted) return close()
      pauseMs = FIRST_PAUSE
      wakeUp()
    },
  })
  signal.addEventListener('abort', () => {
    others.leave()
    wakeUp()
    change()
  })

  return {
    /** May the caller run everything it has, or should it probe with a few messages? Waits while another batch probes. */
    async turn(): Promise<'all' | 'probe'> {
      while (pauseMs > 0 && probing && !signal.aborted) await new Promise<void>((resolve) => wakers.push(resolve))
      if (pauseMs === 0 || signal.aborted) return 'all'
      probing = true
      isAsleep = true
      await bell.wait(pauseMs)
      isAsleep = false
      return pauseMs > 0 ? 'probe' : 'all' // closed by another reaction meanwhile
    },
    /** How many messages a probe takes. */
    get probes() {
      return probes
    },
    /**
     * Something is away: the messages that showed it and those after it wait. A dependency that says so is probed with one
     * message; where only failures show it, with as many as tell it from messages that fail by themselves.
     */
    hold({ error, turn, probeWith, isSaid, failingForMs }: Held) {
      probes = probeWith
      isCounted ||= !isSaid
      if (pauseMs === 0) {
        open(error, 'paused: something this reaction needs is away; its messages wait', failingForMs)
        if (!isDatabaseOutage(error)) others.suspect(error) // whoever needs PostgreSQL finds that out itself
      } else if (turn === 'probe') {
        pauseMs = Math.min(LONGEST_PAUSE, pauseMs * 2)
      }
      change()
    },
    /** It works. */
    resume() {
      if (pauseMs === 0) return
      close()
      others.relieve()
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
