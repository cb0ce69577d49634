import { setTimeout as wait } from 'node:timers/promises'
import type { Database } from '#platform/database'
import type { Logger } from '#platform/log/logger'
import { runningAppenders } from './appenders.ts'
import { createGapReader, type Appender } from './gap-reader.ts'

/** Milliseconds until a gap is looked at again; most last from drawing a position to the commit, a few milliseconds. */
const GAP_MS = 5
/** Milliseconds after which a gap is looked into: it may be a rollback, of which nobody tells. */
const LASTING_GAP_MS = 20
/** Milliseconds until a gap that stays is looked at again, at most. */
const LONGEST_GAP_PAUSE_MS = 50
/** Milliseconds after which somebody should know who keeps a gap open. */
const LONG_GAP_MS = 5_000

/** A gap reader that asks PostgreSQL who may still fill a gap. */
export function createGapWatch({ db, log }: { db: Database; log: Logger }) {
  const gaps = createGapReader()
  return {
    next: gaps.next,
    /** Waits at a gap: shortly at first, when the commit is near; then it is asked who may still fill it, and now and then. */
    async waitAtGap(waitingMs: number, position: bigint, pause: (ms: number) => Promise<unknown>): Promise<void> {
      if (waitingMs <= LASTING_GAP_MS) return void (await pause(GAP_MS))
      const appenders = await runningAppenders(db)
      gaps.noteAppenders(appenders)
      if (waitingMs > LONG_GAP_MS) log.warn({ reason: reasonOf(position + 1n, appenders) }, STUCK)
      await wait(Math.min(LONGEST_GAP_PAUSE_MS, Math.max(GAP_MS, waitingMs / 4)))
    },
  }
}

const STUCK = 'events wait for a transaction that does not end'

function reasonOf(position: bigint, appenders: readonly Appender[]) {
  const names = appenders.map(({ id, pid }) => (pid === null ? `prepared ${id}` : `pid ${pid}`)).join(', ')
  return `position ${position} is drawn and not committed; appending: ${names || 'nobody'}`
}
