import type { Database } from '#platform/database'
import { Prisma } from '#prisma'
import { readStoredRows, type StoredRow } from '../../event-store/reading/stored-rows.ts'

/** Bytes of data after which a read ends. */
const READ_BYTES = 8 * 1024 * 1024

export interface EventsRead {
  rows: StoredRow[]
  /** There may be more: the read ended at its limit of events or of bytes. */
  isFull: boolean
  /** It ended before `limit` events, because these are large. */
  isCut: boolean
}

/** The first visible events after a position, ascending: at most `limit`, and none after `READ_BYTES` of data are reached. */
export async function readEvents(db: Database, after: bigint, limit: number): Promise<EventsRead> {
  const read = await readStoredRows(db, { where: Prisma.sql`position > ${after}`, limit }, READ_BYTES)
  const isCut = read.isCut && read.rows.length < limit
  return { rows: read.rows, isCut, isFull: isCut || read.rows.length === limit }
}
