import { z } from 'zod'
import { readRows, row, type Database, type Transaction } from '#platform/database'
import { Prisma } from '#prisma'
import type { Partition } from '../event-store/partitions/partitions.ts'

/** What hangs on events, and what tells two rows of one event apart. */
export const KEYS = { handled_events: 'reaction', deliveries: 'id', delivery_history: 'id' } as const
export type HangingTable = keyof typeof KEYS

const LineRow = row({ eventId: z.string(), key: z.string(), line: z.string() })

/** That a row belongs to an event of the partition. */
export const isOf = ({ from, to }: Pick<Partition, 'from' | 'to'>) =>
  Prisma.sql`event_id < ${to}::uuid AND event_id >= ${from ?? LEAST}::uuid`

const LEAST = '00000000-0000-0000-0000-000000000000'

/** The rows of a table that belong to events of the partition, each as a line of JSON, page by page. */
export async function* rowLines(
  db: Database,
  what: { table: string; like: HangingTable; partition: Partition },
  pageSize = 5_000,
): AsyncGenerator<string[]> {
  const key = Prisma.raw(`${KEYS[what.like]}::text`)
  for (let [eventId, last] = [what.partition.from ?? LEAST, '']; ;) {
    const rows = await readRows(
      db,
      LineRow,
    )(Prisma.sql`
      SELECT event_id AS "eventId", ${key} AS key, to_jsonb(t)::text AS line FROM ${Prisma.raw(what.table)} t
      WHERE ${isOf(what.partition)} AND (event_id, ${key}) > (${eventId}::uuid, ${last}) ORDER BY event_id, ${key} LIMIT ${pageSize}`)
    if (rows.length === 0) return
    yield rows.map(({ line }) => line)
    ;({ eventId, key: last } = rows.at(-1)!)
  }
}

/** Stores rows as they were. @returns how many; those that are there already are left out */
export function storeRows(tx: Transaction, table: string, lines: readonly string[]): Promise<number> {
  const name = Prisma.raw(table)
  return tx.$executeRaw(Prisma.sql`
    INSERT INTO ${name} SELECT (jsonb_populate_record(NULL::${name}, line::jsonb)).* FROM unnest(${[...lines]}::text[]) AS line
    ON CONFLICT DO NOTHING`)
}
