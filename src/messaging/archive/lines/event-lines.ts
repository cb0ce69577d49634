import { z } from 'zod'
import { readRow, readRows, row, type Database, type Transaction } from '#platform/database'
import { Prisma } from '#prisma'
import { encodeText } from '../../cloud-event.ts'
import { eventColumns } from '../../event-store/event-columns.ts'
import { publishedBy } from '../../published-by.ts'
import type { Page } from './line-files.ts'

const { data: _, ...columns } = eventColumns
const EventRow = row({ position: z.bigint(), ...columns, publishedBy: z.string().nullable(), dataJson: z.string() })

export interface EventRange {
  /** Events after this position. @default 0 */
  after?: bigint
  /** Up to this one. @default all */
  upTo?: bigint
  /** Only these types. @default all */
  types?: readonly string[]
}

/** A table of events, and where it is told what was handled of their causes. */
export interface EventTables {
  events: string
  handled: readonly string[]
}

/**
 * The events of a table, page by page in the order of positions, each as the line of a CloudEvent with two attributes more:
 * its `position`, as text since an integer of CloudEvents has 32 bits, and `publishedby`, the reaction.
 */
export async function* eventLines(
  db: Database,
  { events, handled }: EventTables,
  { after = 0n, upTo, types }: EventRange = {},
  pageSize = 2_000,
): AsyncGenerator<Page> {
  const end = upTo === undefined ? Prisma.empty : Prisma.sql`AND position <= ${upTo}`
  const ofType = types === undefined ? Prisma.empty : Prisma.sql`AND type = ANY(${[...types]}::text[])`
  for (let last = after; ;) {
    const rows = await readRows(
      db,
      EventRow,
    )(Prisma.sql`
      SELECT position, id, type, version, stream, stream_version AS "streamVersion", correlation_id AS "correlationId",
        causation_id AS "causationId", traceparent, actor, occurred_at AS "time", ${publishedBy(handled)} AS "publishedBy", data::text AS "dataJson"
      FROM ${Prisma.raw(events)} e WHERE position > ${last} ${end} ${ofType} ORDER BY position LIMIT ${pageSize}`)
    if (rows.length === 0) return
    yield { text: rows.map(lineOf).join(''), rows: rows.length }
    last = rows.at(-1)!.position
  }
}

function lineOf({ position, publishedBy: by, dataJson, ...event }: z.infer<typeof EventRow>): string {
  const more = by === null ? '' : `"publishedby":${JSON.stringify(by)},`
  return `{"position":"${position}",${more}${encodeText(event, dataJson).slice(1)}\n`
}

const Stored = row({ count: z.int() })

/**
 * Stores the events of such lines as they were, in a table of events. PostgreSQL reads them, so that numbers stay as they are
 * however many digits they have. @returns how many; those whose id is there already are left out where `mayBeThere`
 */
export async function storeEvents(
  tx: Transaction,
  table: string,
  { text }: Page,
  { mayBeThere = false } = {},
): Promise<number> {
  const leftOut = mayBeThere ? Prisma.sql`ON CONFLICT (id) DO NOTHING` : Prisma.empty
  const { count } = await readRow(
    tx,
    Stored,
  )(Prisma.sql`
    WITH stored AS (
      INSERT INTO ${Prisma.raw(table)} (position, id, type, version, stream, stream_version, data, correlation_id, causation_id,
        traceparent, actor, occurred_at, published_by)
      SELECT position, id, type, substring(dataschema FROM '/(\\d+)$')::int, subject, streamversion, data, correlationid, causationid,
        traceparent, actor, time, publishedby
      FROM unnest(string_to_array(${text}, E'\\n')) AS line, LATERAL jsonb_to_record(nullif(line, '')::jsonb) AS event(
        position bigint, id uuid, type text, dataschema text, subject text, streamversion int, data jsonb, correlationid text,
        causationid uuid, traceparent text, actor text, time timestamptz, publishedby text)
      WHERE line <> ''
      ${leftOut} RETURNING 1
    )
    SELECT count(*)::int AS count FROM stored`)
  return count
}
