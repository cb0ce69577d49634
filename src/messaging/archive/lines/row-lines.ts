import { z } from 'zod'
import { readRow, readRows, row, type Database, type Transaction } from '#platform/database'
import { Prisma } from '#prisma'
import type { Partition } from '../../event-store/partitions/partitions.ts'
import { PAGE_BYTES, type Page } from './line-files.ts'

/** What hangs on events, and what tells two rows of one event apart. */
export const KEYS = { handled_events: 'reaction', deliveries: 'id', delivery_history: 'id' } as const
export type HangingTable = keyof typeof KEYS

const PageRow = row({
  text: z.string().nullable(),
  rows: z.int(),
  eventId: z.string().nullable(),
  key: z.string().nullable(),
})

/** That a row belongs to an event of the partition. */
export const isOf = ({ from, to }: Pick<Partition, 'from' | 'to'>) =>
  Prisma.sql`event_id < ${to}::uuid AND event_id >= ${from ?? LEAST}::uuid`

const LEAST = '00000000-0000-0000-0000-000000000000'

/** The rows of a table that belong to events of the partition, each as a line of JSON, page by page. */
export async function* rowLines(
  db: Database,
  what: { table: string; like: HangingTable; partition: Partition },
  pageSize = 10_000,
): AsyncGenerator<Page> {
  const key = Prisma.raw(`${KEYS[what.like]}::text`)
  for (let [eventId, last] = [what.partition.from ?? LEAST, '']; ;) {
    const page = await readRow(
      db,
      PageRow,
    )(Prisma.sql`
      SELECT string_agg(line, '') AS text, count(*)::int AS rows,
        (array_agg(event_id))[count(*)] AS "eventId", (array_agg(key))[count(*)] AS key FROM (
          SELECT *, sum(octet_length(line)) OVER (ROWS UNBOUNDED PRECEDING) - octet_length(line) AS before FROM (
            SELECT event_id, ${key} AS key, row_to_json(t) || E'\n' AS line FROM ${Prisma.raw(what.table)} t
            WHERE ${isOf(what.partition)} AND (event_id, ${key}) > (${eventId}::uuid, ${last})
            ORDER BY event_id, ${key} LIMIT ${pageSize}) AS next) AS page
      WHERE before < ${PAGE_BYTES}`)
    if (page.text === null) return
    yield { text: page.text, rows: page.rows }
    ;[eventId, last] = [page.eventId!, page.key!]
  }
}

const Column = row({ name: z.string() })

/**
 * Stores rows as they were; those that are there already are left out. A column that the release which wrote the lines had not, gets its
 * default.
 */
export async function storeRows(tx: Transaction, table: string, { text }: Page): Promise<number> {
  const name = Prisma.raw(table)
  const written = Object.keys(JSON.parse(text.slice(0, text.indexOf('\n'))) as object)
  const known = await readRows(tx, Column)`
    SELECT attname::text AS name FROM pg_attribute
    WHERE attrelid = ${table}::regclass AND attnum > 0 AND NOT attisdropped AND attname = ANY(${written}::text[])`
  const columns = Prisma.raw(known.map((column) => `"${column.name}"`).join(', '))
  return tx.$executeRaw(Prisma.sql`
    INSERT INTO ${name} (${columns}) SELECT ${columns} FROM unnest(string_to_array(${text}, E'\n')) AS line,
      LATERAL jsonb_populate_record(NULL::${name}, nullif(line, '')::jsonb) AS stored
    WHERE line <> '' ON CONFLICT DO NOTHING`)
}
