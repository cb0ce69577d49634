import { setTimeout as wait } from 'node:timers/promises'
import type { Database } from '#platform/database'
import type { Logger } from '#platform/logger'
import { createGapReader, type Appender, type Reading } from './gap-reader.ts'
import { readEvents, runningAppenders, type EventsRead, type StoredRow } from './read-events.ts'

/** Milliseconds until a gap is looked at again; most last from drawing a position to the commit, a few milliseconds. */
const GAP_MS = 5
/** Milliseconds after which a gap is looked into: it may be a rollback, of which nobody tells. */
const LASTING_GAP_MS = 20
/** Milliseconds until a gap that stays is looked at again, at most. */
const LONGEST_GAP_PAUSE_MS = 50
/** Milliseconds after which somebody should know who keeps a gap open. */
const LONG_GAP_MS = 5_000

interface Options {
  db: Database
  log: Logger
  /** Most events of one read. */
  readSize: number
}

/** Reads the event store in the order of positions, one step ahead where it is told to, never past an open gap. */
export function createEventReader({ db, log, readSize }: Options) {
  const gaps = createGapReader()
  let ahead: Promise<EventsRead> | undefined
  /** Smaller while events are large: PostgreSQL looks at as many as it is asked for, whatever their size. */
  let size = readSize

  return {
    async read(after: bigint): Promise<Reading<StoredRow> & { isFull: boolean }> {
      const { rows, isCut, isFull } = await (ahead ?? readEvents(db, after, size))
      ahead = undefined
      size = Math.min(readSize, 2 * (isCut ? rows.length : size))
      return { ...gaps.next(after, rows), isFull }
    },
    /** Begins the next read, which has to be for the position that was reached. */
    readAhead(after: bigint) {
      ahead = readEvents(db, after, size)
      ahead.catch(() => {}) // looked at by `read`
    },
    get isAhead() {
      return ahead !== undefined
    },
    /** Waits at a gap: shortly at first, when the commit is near; then it is asked who may still fill it, and now and then. */
    async waitAtGap(waitingMs: number, position: bigint, pause: (ms: number) => Promise<void>): Promise<void> {
      if (waitingMs <= LASTING_GAP_MS) return pause(GAP_MS)
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
