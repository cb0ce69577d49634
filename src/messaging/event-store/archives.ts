import { z } from 'zod'
import { readRow, readRows, row, type Database, type Transaction } from '#platform/database'
import { Prisma } from '#prisma'
import { leastId } from './partitions/partitions.ts'

/** A part of history that lies outside of the database. */
export interface ArchivedPart {
  name: string
  /** The folder. */
  place: string
}

const Part = row({ name: z.string(), place: z.string() })

/**
 * Where events of a stream lie that are not in the store any more: the archives of its time.
 * @param during when its events were recorded, from the first to the last
 */
export function archivesOf(db: Database, stream: string, during: { from: Date; to: Date }): Promise<ArchivedPart[]> {
  return readRows(db, Part)`
    SELECT a.name, a.place FROM streams s, archives a
    WHERE s.stream = ${stream} AND ${LACKS_EVENTS} AND a.state <> 'attached'
      AND a.to_id > ${leastId(during.from)}::uuid AND (a.from_id IS NULL OR a.from_id <= ${leastId(during.to)}::uuid)
    ORDER BY a.to_id`
}

const StreamRow = row({ stream: z.string() })

/**
 * Of a row `s` of streams, that some of its events are not in the store. While a partition is on its way into an archive, or back,
 * `archived` does not tell yet.
 */
const LACKS_EVENTS = Prisma.sql`(s.archived > 0 OR EXISTS (SELECT FROM archives WHERE state <> 'archived'))
  AND s.version <> (SELECT count(*) FROM events e WHERE e.stream = s.stream)`

/** Of these streams, those that are not whole: some of their events lie in an archive, or are on their way there or back. */
export async function archivedAmong(db: Database | Transaction, streams: readonly string[]): Promise<Set<string>> {
  const rows = await readRows(db, StreamRow)`
    SELECT stream FROM streams s WHERE stream = ANY(${[...streams]}::text[]) AND ${LACKS_EVENTS}`
  return new Set(rows.map(({ stream }) => stream))
}

const LastPosition = row({ position: z.bigint().nullable() })

/** The highest position of an event that lies in an archive; null when none does. Events below it may be in the store all the same. */
export async function archivedUpTo(db: Database | Transaction): Promise<bigint | null> {
  const { position } = await readRow(db, LastPosition)`
    SELECT max(last_position) AS position FROM archives WHERE state <> 'attached'`
  return position
}
