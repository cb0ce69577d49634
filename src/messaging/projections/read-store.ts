import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import type { Logger } from '#platform/log/logger'
import { Prisma } from '#prisma'
import { createGapWatch } from '../event-store/reading/gap-watch.ts'
import { readStoredRows, type StoredRow } from '../event-store/reading/stored-rows.ts'

export interface Portion {
  /** It was read from behind this position on. */
  after: bigint
  /** The events of the wanted types, ascending. */
  rows: StoredRow[]
  /** Everything up to here has been read: nothing can be committed at or below it any more. */
  position: bigint
  /** There may be more right after it. */
  isFull: boolean
  /** Reading stopped at a gap that was first seen so many milliseconds ago. */
  waitingMs: number | undefined
}

/** Reads the events of some types straight from the store, in order of position, never past an open gap. */
export function createStoreReader({ db, log, types }: { db: Database; log: Logger; types: readonly string[] }) {
  const gaps = createGapWatch({ db, log })
  return {
    /** @param size most positions of any type */
    async read(after: bigint, size: number, upTo = LAST_POSITION): Promise<Portion> {
      const runs = await readRuns(db, after, upTo, size)
      const seen = runs.reduce((sum, { from, position }) => sum + Number(position - from) + 1, 0)
      const { position, waitingMs } = gaps.next(after, runs)
      if (position === after) return { after, rows: [], position, isFull: false, waitingMs }
      const portion = await readWanted(db, types, after, position)
      const isCut = portion.position < position
      return { ...portion, isFull: isCut || seen === size, waitingMs: isCut ? undefined : waitingMs }
    },
    waitAtGap: gaps.waitAtGap,
  }
}

/** Of PostgreSQL's bigint. */
const LAST_POSITION = 2n ** 63n - 1n

const Run = row({ from: z.bigint(), position: z.bigint() })

/** The unbroken runs of positions that are visible after one: a single one, unless somebody has not committed yet. */
function readRuns(db: Database, after: bigint, upTo: bigint, size: number) {
  return readRows(db, Run)`
    SELECT min(position) AS "from", max(position) AS position FROM (
      SELECT position, position - row_number() OVER (ORDER BY position) AS run
      FROM (SELECT position FROM events WHERE position > ${after} AND position <= ${upTo} ORDER BY position LIMIT ${size}) AS next
    ) AS numbered GROUP BY run ORDER BY 1`
}

/** Bytes of data after which a read ends. */
const READ_BYTES = 16 * 1024 * 1024

/** Events of these types in a range of positions that nobody commits into any more. It may end early, where events are large. */
export async function readWanted(db: Database, types: readonly string[], after: bigint, upTo: bigint) {
  const where = Prisma.sql`position > ${after} AND position <= ${upTo} AND type = ANY(${types}::text[])`
  const { rows, isCut } = await readStoredRows(db, { where }, READ_BYTES)
  return { after, rows, position: isCut ? rows.at(-1)!.position : upTo }
}
