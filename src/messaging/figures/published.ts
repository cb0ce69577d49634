import { z } from 'zod'
import { readRow, readRows, row, type Database } from '#platform/database'
import { Prisma } from '#prisma'
import { readStoredRows, type StoredRow } from '../event-store/reading/stored-rows.ts'
import { shownOf } from '../personal-marks.ts'

/** An event that the relay has published. */
export type PublishedEvent = z.infer<typeof PublishedEvent>
const PublishedEvent = row({
  position: z.bigint(),
  id: z.string(),
  type: z.string(),
  stream: z.string(),
  streamVersion: z.int(),
  correlationId: z.string(),
  causationId: z.string().nullable(),
  actor: z.string().nullable(),
  time: z.date(),
})

/**
 * Events after a position, in the order of publication, up to where the relay has come: beyond that a transaction may still be open
 * whose event comes before.
 */
export function readPublishedAfter(db: Database, position: bigint, limit: number): Promise<PublishedEvent[]> {
  return readRows(db, PublishedEvent)`
    SELECT position, id::text, type, stream, stream_version AS "streamVersion", correlation_id AS "correlationId",
      causation_id::text AS "causationId", actor, occurred_at AS time
    FROM events WHERE position > ${position} AND position <= (SELECT coalesce(max(position), 0) FROM relay_checkpoints)
    ORDER BY position LIMIT ${limit}`
}

/** An event with its data, as those see them who may not see personal data. */
export type PublishedData = Omit<StoredRow, 'dataJson'> & { data: unknown }

const EndRow = row({ end: z.bigint(), published: z.bigint(), timeline: z.string().nullable() })

interface Wanted {
  after: bigint
  types: readonly string[]
  /** @default all */
  stream?: string
  /** Positions that are looked at, of any type. */
  span: number
}

/** Bytes of data after which a read ends. */
const READ_BYTES = 4 * 1024 * 1024

/**
 * What was published after a position, of some types, with its data; and the position up to which this has been looked at, from where the
 * next read goes on. Of one stream all positions are looked at. Who remembers a position beyond `published`, or one of another `timeline` of
 * PostgreSQL's log, remembers a history that may have been taken back since, by a failover or a restore.
 */
export async function readPublishedData(db: Database, { after, types, stream, span }: Wanted) {
  // The events of a stream are few, and found by it: a plan along the positions would look at those of everybody.
  const next =
    stream === undefined
      ? Prisma.sql`SELECT position FROM events WHERE position > ${after} ORDER BY position LIMIT ${span}`
      : Prisma.sql`SELECT position FROM events WHERE stream = ${stream} OFFSET 0`
  const { end, ...standing } = await readRow(db, EndRow)`
    SELECT coalesce((SELECT max(position) FROM (${next}) AS next), ${after}) AS "end",
      coalesce((SELECT max(position) FROM relay_checkpoints), 0) AS published, wal_timeline() AS timeline`
  const { published } = standing
  const upTo = end < published ? end : published
  if (upTo <= after) return { ...standing, events: [], position: after, isFull: false }
  const ofStream = stream === undefined ? Prisma.empty : Prisma.sql`AND stream = ${stream}`
  const where = Prisma.sql`position > ${after} AND position <= ${upTo} AND type = ANY(${types}) ${ofStream}`
  const { rows, isCut } = await readStoredRows(db, { where }, READ_BYTES)
  const position = isCut ? rows.at(-1)!.position : upTo
  const events = rows.map(({ dataJson, ...row }): PublishedData => ({ ...row, data: shownOf(JSON.parse(dataJson)) }))
  return { ...standing, events, position, isFull: stream === undefined ? position < published : isCut }
}
