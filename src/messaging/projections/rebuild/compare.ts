import { z } from 'zod'
import { readRow, readRows, row, type Database, type Transaction } from '#platform/database'
import { Prisma } from '#prisma'
import { applyWithin, type Target } from '../apply.ts'
import type { Projection } from '../define-projection.ts'
import { readWanted } from '../read-store.ts'
import type { Shadow } from './shadow.ts'

/** What one table holds differently when it is built anew. */
export interface TableDifference {
  table: string
  /** Rows that only the present table has. */
  present: number
  /** Rows that only the rebuilt one has. */
  rebuilt: number
  /** A few of either. */
  examples: { side: 'present' | 'rebuilt'; row: unknown }[]
}

const EXAMPLES = 3
/** Milliseconds that the comparison of one projection may take. */
const COMPARE_MS = 600_000

/**
 * Compares the rebuilt tables with the present ones at the same position, in one snapshot: nobody waits for it. The shadow
 * must not be ahead of the present tables; what it lacks is applied for the comparison, and rolled back with it. Columns that
 * only one of two versions has are left out.
 */
export async function compareTables(db: Database, projection: Projection, shadow: Shadow): Promise<TableDifference[]> {
  const differences: TableDifference[] = []
  const compare = async (tx: Transaction) => {
    const present = await tx.projection.findUniqueOrThrow({ where: { name: projection.name } })
    await catchUpWithin(
      tx,
      projection,
      { ...shadow, move: async () => true, isTrial: true },
      shadow.position,
      present.position,
    )
    const tables = await sharedTables(tx, projection.schema, shadow.schema)
    for (const table of tables) differences.push(await compareTable(tx, table, projection.schema, shadow.schema))
    throw new RolledBack()
  }
  await db.$transaction(compare, { isolationLevel: 'RepeatableRead', timeout: COMPARE_MS }).catch((error: Error) => {
    if (!(error instanceof RolledBack)) throw error
  })
  return differences
}

class RolledBack extends Error {}

/** Brings tables as far as a position that the present ones have reached, in a transaction that is under way. */
export async function catchUpWithin(
  tx: Transaction,
  projection: Projection,
  target: Target,
  after: bigint,
  upTo: bigint,
): Promise<void> {
  const types = projection.on.map(({ type }) => type)
  for (let position = after; position < upTo;) {
    const portion = await readWanted(target.db, types, position, upTo)
    await applyWithin(tx, projection, target, portion)
    position = portion.position
  }
}

interface SharedTable {
  table: string
  columns: string[]
}

const Shared = row({ table: z.string(), columns: z.array(z.string()) })

/** The tables and columns that both schemas have. */
function sharedTables(tx: Transaction, one: string, other: string): Promise<SharedTable[]> {
  return readRows(tx, Shared)`
    SELECT a.table_name::text AS table, array_agg(a.column_name::text ORDER BY a.ordinal_position) AS columns
    FROM information_schema.columns a
    JOIN information_schema.columns b ON b.table_name = a.table_name AND b.column_name = a.column_name
    WHERE a.table_schema = ${one} AND b.table_schema = ${other} GROUP BY a.table_name ORDER BY a.table_name`
}

const Missing = row({ count: z.int(), examples: z.array(z.unknown()).nullable() })

async function compareTable(tx: Transaction, { table, columns }: SharedTable, present: string, rebuilt: string) {
  const wanted = Prisma.raw(columns.map((column) => `"${column}"`).join(', '))
  const of = (schema: string) => Prisma.sql`SELECT ${wanted} FROM ${Prisma.raw(`"${schema}"."${table}"`)}`
  const missing = (from: string, to: string) => readRow(tx, Missing)`
    WITH missing AS MATERIALIZED (${of(from)} EXCEPT ALL ${of(to)})
    SELECT count(*)::int AS count, (SELECT jsonb_agg(to_jsonb(example)) FROM (SELECT * FROM missing LIMIT ${EXAMPLES}) AS example) AS examples
    FROM missing`
  const [only, added] = [await missing(present, rebuilt), await missing(rebuilt, present)]
  const examples = [
    ...(only.examples ?? []).map((row) => ({ side: 'present' as const, row })),
    ...(added.examples ?? []).map((row) => ({ side: 'rebuilt' as const, row })),
  ]
  return { table, present: only.count, rebuilt: added.count, examples }
}
