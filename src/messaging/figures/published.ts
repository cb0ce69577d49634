import { z } from 'zod'
import { readRow, readRows, row, type Database, type Transaction } from '#platform/database'
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

/**
 * A place in the order of publication: behind an event. After a failover that lost the event, or a restore, another one is given its position,
 * and belongs to another history.
 */
export interface Place {
  position: bigint
  /** Tells the event from another at its position. Undefined where it is not known: behind whatever stands there. */
  mark?: string | undefined
}

/** Events up to a place that somebody was told of are not in the history any more, after a failover or a restore. */
export class TakenBack extends Error {
  override name = 'TakenBack'
}

/** The place behind an event. The last group of its id is random. */
export const placeOf = ({ position, id }: { position: bigint; id: string }): Place => ({
  position,
  mark: id.slice(-12),
})

const ThereRow = row({ id: z.string().nullable(), isArchived: z.boolean(), isPublished: z.boolean() })

/**
 * Who has heard of everything up to an event that is still there has missed nothing, whatever was taken back behind it: PostgreSQL logs how
 * far positions may have been drawn before it logs the event, so a history with the event gives no position up to it again.
 * @returns the place, with its mark where there is one
 * @throws TakenBack when the event is not there any more; of a place without a mark, when so much was never published
 */
export async function checkPlace(db: Database | Transaction, place: Place): Promise<Place> {
  const { position, mark } = place
  const { id, isArchived, isPublished } = await readRow(db, ThereRow)`
    SELECT (SELECT id::text FROM events WHERE position = ${position}) AS id,
      EXISTS (SELECT FROM archives WHERE ${position} BETWEEN first_position AND last_position) AS "isArchived",
      ${position} <= coalesce((SELECT max(position) FROM relay_checkpoints), 0) AS "isPublished"`
  const found = id === null ? place : placeOf({ position, id })
  const isThere = mark === undefined ? isPublished : id === null ? isArchived : found.mark === mark
  if (!isThere) throw new TakenBack()
  return found
}

const IdRow = row({ id: z.string() })

/** The place behind whatever stands at a position. */
async function placeAt(db: Database | Transaction, position: bigint): Promise<Place> {
  const [event] = await readRows(db, IdRow)`SELECT id::text FROM events WHERE position = ${position}`
  return event ? placeOf({ ...event, position }) : { position }
}

const PlaceRow = IdRow.extend({ position: z.bigint() })

/** How far the relay has published. */
export async function readPresent(db: Database): Promise<Place> {
  const [last] = await readRows(db, PlaceRow)`
    SELECT position, id::text FROM events WHERE position <= (SELECT max(position) FROM relay_checkpoints)
    ORDER BY position DESC LIMIT 1`
  return last ? placeOf(last) : { position: 0n }
}

interface Wanted {
  after: Place
  types: readonly string[]
  /** @default all */
  stream?: string
  /** Positions that are looked at, of any type. */
  span: number
}

/** Bytes of data after which a read ends. */
const READ_BYTES = 4 * 1024 * 1024

const EndRow = row({ end: z.bigint(), published: z.bigint() })

/**
 * What was published after a place, of some types, with its data; and the place up to which this has been looked at, from where the next
 * read goes on. Of one stream all positions are looked at. It is one transaction, so that all is read from one server and its one history.
 * @throws TakenBack as `checkPlace` does
 */
export function readPublishedData(db: Database, { types, stream, span, ...from }: Wanted) {
  return db.$transaction(async (tx) => {
    const after = await checkPlace(tx, from.after)
    // The events of a stream are few, and found by it: a plan along the positions would look at those of everybody.
    const next =
      stream === undefined
        ? Prisma.sql`SELECT position FROM events WHERE position > ${after.position} ORDER BY position LIMIT ${span}`
        : Prisma.sql`SELECT position FROM events WHERE stream = ${stream} OFFSET 0`
    const { end, published } = await readRow(tx, EndRow)`
      SELECT coalesce((SELECT max(position) FROM (${next}) AS next), ${after.position}) AS "end",
        coalesce((SELECT max(position) FROM relay_checkpoints), 0) AS published`
    const upTo = end < published ? end : published
    if (upTo <= after.position) return { events: [], place: after, isFull: false }
    const ofStream = stream === undefined ? Prisma.empty : Prisma.sql`AND stream = ${stream}`
    const where = Prisma.sql`position > ${after.position} AND position <= ${upTo} AND type = ANY(${types}) ${ofStream}`
    const { rows, isCut } = await readStoredRows(tx, { where }, READ_BYTES)
    const place = isCut ? placeOf(rows.at(-1)!) : await placeAt(tx, upTo)
    const events = rows.map(({ dataJson, ...row }): PublishedData => ({ ...row, data: shownOf(JSON.parse(dataJson)) }))
    return { events, place, isFull: stream === undefined ? place.position < published : isCut }
  })
}
