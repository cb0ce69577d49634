import { createHash } from 'node:crypto'
import { z } from 'zod'
import { readRow, row, type Transaction } from '#platform/database'
import { Prisma } from '#prisma'
import type { Projection } from './define-projection.ts'

/** The database role of relay and workers; made by `fanfare roles`. */
export const WORKER_ROLE = 'fanfare_worker'

/** Ends the name of the schema that a rebuild works in. */
export const SHADOW = '_shadow'

/** Equal for equal statements. */
export const fingerprintOf = ({ tables }: Projection) => createHash('sha256').update(tables.join(';\n')).digest('hex')

const quoted = (schema: string) => Prisma.raw(`"${schema}"`) // made of a checked name: letters, digits and _

/**
 * Runs statements that find the tables of one schema by their plain names, and no others: what a projection writes by mistake
 * into a table that is not its own fails at once. For the transaction alone, so that it works through a pooler.
 */
export async function inSchema<T>(tx: Transaction, schema: string, work: () => Promise<T>): Promise<T> {
  await tx.$executeRaw`SELECT set_config('search_path', ${schema}, true)`
  const result = await work()
  await tx.$executeRaw`SET LOCAL search_path TO DEFAULT`
  return result
}

/** Makes the projection's tables, empty, in place of what has that schema's name. */
export async function createTables(tx: Transaction, schema: string, { tables }: Projection): Promise<void> {
  await dropTables(tx, schema)
  await asWorker(tx, async () => {
    await tx.$executeRaw`CREATE SCHEMA ${quoted(schema)}`
    await inSchema(tx, schema, async () => {
      for (const statement of tables) await tx.$executeRawUnsafe(statement)
    })
  })
}

const Role = row({ role: z.string() })

/** Where database roles are used, tables belong to that of workers: whoever has built them, workers write and others read them. */
async function asWorker(tx: Transaction, work: () => Promise<void>): Promise<void> {
  const { role } = await readRow(tx, Role)`SELECT current_setting('role') AS role`
  await tx.$executeRaw`
    SELECT set_config('role', rolname, true) FROM pg_roles WHERE rolname = ${WORKER_ROLE}
      AND pg_has_role(oid, 'MEMBER') AND has_database_privilege(oid, current_database(), 'CREATE')`
  await work()
  await tx.$executeRaw`SELECT set_config('role', ${role}, true)`
}

export async function dropTables(tx: Pick<Transaction, '$executeRaw'>, schema: string): Promise<void> {
  await tx.$executeRaw`DROP SCHEMA IF EXISTS ${quoted(schema)} CASCADE`
}

/** The tables of the first schema become those of the second. Readers see either the ones or the others, and wait for nobody. */
export async function renameTables(tx: Transaction, from: string, to: string): Promise<void> {
  await tx.$executeRaw`ALTER SCHEMA ${quoted(from)} RENAME TO ${quoted(to)}`
}
