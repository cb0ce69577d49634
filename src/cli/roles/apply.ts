import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import { RIGHTS, statementsFor } from './rights.ts'

const TableRow = row({ name: z.string() })

/** The tables of the schema, without partitions: rights on these are given by the tables that they are parts of. */
export async function tablesOf(db: Database): Promise<string[]> {
  const rows = await readRows(db, TableRow)`
    SELECT relname AS name FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> '_prisma_migrations'
    ORDER BY relname`
  return rows.map(({ name }) => name)
}

/** Makes the roles where they are missing, and gives them their rights, all at once. @returns tables that nobody has rights on */
export async function applyRights(db: Database): Promise<{ tables: number; unlisted: string[] }> {
  const tables = await tablesOf(db)
  await db.$transaction(async (tx) => {
    for (const statement of statementsFor(tables)) await tx.$executeRawUnsafe(statement)
  })
  return { tables: tables.length, unlisted: tables.filter((name) => !(name in RIGHTS)) }
}
