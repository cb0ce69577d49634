import type { Database } from '#platform/database'
import type { Logger } from '#platform/log/logger'
import type { Reading } from '../../event-store/reading/gap-reader.ts'
import { createGapWatch } from '../../event-store/reading/gap-watch.ts'
import type { StoredRow } from '../../event-store/reading/stored-rows.ts'
import { readEvents, type EventsRead } from './read-events.ts'

interface Options {
  db: Database
  log: Logger
  /** Most events of one read. */
  readSize: number
}

/** Reads the event store in the order of positions, one step ahead where it is told to, never past an open gap. */
export function createEventReader({ db, log, readSize }: Options) {
  const gaps = createGapWatch({ db, log })
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
    waitAtGap: gaps.waitAtGap,
  }
}
