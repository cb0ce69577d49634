import { z } from 'zod'
import { readRow, row, type Database, type Transaction } from '#platform/database'
import { Prisma } from '#prisma'
import { schemasUrl, SOURCE } from '../../cloud-event.ts'
import { publishedBy } from '../../published-by.ts'
import { PAGE_BYTES, type Page } from './line-files.ts'

const PageRow = row({ text: z.string().nullable(), rows: z.int(), last: z.bigint().nullable() })

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
  pageSize = 5_000,
): AsyncGenerator<Page> {
  const end = upTo === undefined ? Prisma.empty : Prisma.sql`AND position <= ${upTo}`
  const ofType = types === undefined ? Prisma.empty : Prisma.sql`AND type = ANY(${[...types]}::text[])`
  for (let last = after; ;) {
    const page = await readRow(
      db,
      PageRow,
    )(Prisma.sql`
      SELECT string_agg(line, '') AS text, count(*)::int AS rows, max(position) AS last FROM (
        SELECT *, sum(octet_length(line)) OVER (ROWS UNBOUNDED PRECEDING) - octet_length(line) AS before FROM (
          SELECT position, ${lineOf(handled)} AS line FROM ${Prisma.raw(events)} e
          WHERE position > ${last} ${end} ${ofType} ORDER BY position LIMIT ${pageSize}) AS next) AS page
      WHERE before < ${PAGE_BYTES}`)
    if (page.text === null) return
    yield { text: page.text, rows: page.rows }
    last = page.last!
  }
}

/** What `encode` says of an event, made by PostgreSQL: reading millions of rows only to write their text costs three times as much. */
const lineOf = (handled: readonly string[]) => Prisma.sql`
  '{"position":"' || position || '",' || coalesce('"publishedby":' || to_json(${publishedBy(handled)}) || ',', '')
  || '"specversion":"1.0","id":"' || id || '","type":' || to_json(type) || ',"source":"' || ${SOURCE} || '","subject":' || to_json(stream)
  || ',"time":"' || to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
  || '","datacontenttype":"application/json","dataschema":' || to_json(${schemasUrl()} || type || '/' || version)
  || ',"streamversion":' || stream_version || ',"correlationid":' || to_json(correlation_id)
  || coalesce(',"causationid":"' || causation_id || '"', '') || coalesce(',"traceparent":' || to_json(traceparent), '')
  || coalesce(',"actor":' || to_json(actor), '') || ',"data":' || data || E'}\n'`

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
      SELECT position, id, type, split_part(dataschema, '/', -1)::int, subject, streamversion, data, correlationid, causationid,
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
