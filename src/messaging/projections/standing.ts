import { z } from 'zod'
import { StartupError } from '#platform/config'
import { readRow, row, type Database, type Transaction } from '#platform/database'
import { relayCheckpoint } from '../event-store/checkpoint.ts'
import { oneAtATime } from '../event-store/partitions/make-partitions.ts'
import { schemaOf, type Projection } from './define-projection.ts'
import { createTables, fingerprintOf } from './tables.ts'

/** It cannot be rebuilt, or go on, now: another process rebuilds it, or a part of history is archived. */
export class ProjectionRefused extends Error {
  override name = 'ProjectionRefused'
}

/** The row of a projection. */
export type Standing = NonNullable<Awaited<ReturnType<typeof readStanding>>>

export const readStanding = (db: Database | Transaction, name: string) => db.projection.findUnique({ where: { name } })

/**
 * Makes the row and the tables of projections that are new; changes nothing for the others.
 * @throws StartupError when the statements of a version are others than those that its tables were made by
 */
export async function register(db: Database, projections: readonly Projection[]): Promise<void> {
  for (const projection of projections) {
    const { name, version } = projection
    const known = (await readStanding(db, name)) ?? (await create(db, projection))
    if (known && known.version === version && known.tables !== fingerprintOf(projection))
      throw new StartupError(
        `The tables of the projection ${name} have changed, and its version is still ${version}: raise it, and rebuild.`,
      )
  }
}

const Archived = row({ last: z.bigint().nullable() })

/**
 * The last position that is archived, if there is one after `position`: what is built from there lacks it. Nothing is archived
 * until the transaction ends; afterwards an archive finds the row that says how far it has come.
 */
async function archivedAfter(tx: Transaction, position: bigint): Promise<bigint | null> {
  await oneAtATime(tx)
  const { last } = await readRow(tx, Archived)`
    SELECT max(last_position) AS last FROM archives WHERE state <> 'attached' AND last_position > ${position}`
  return last
}

/** @throws ProjectionRefused when something after a position is archived */
export async function expectNothingArchived(tx: Transaction, name: string, after: bigint): Promise<void> {
  const archived = await archivedAfter(tx, after)
  if (archived !== null)
    throw new ProjectionRefused(`${name} cannot go on from position ${after}: ${lacking(archived)}.`)
}

const lacking = (archived: bigint) => `events up to position ${archived} are archived: restore them first`

/**
 * One that begins with history fails at once while a part of that is archived.
 * @returns the row that another process has made at the same time
 * @throws StartupError when another projection has the same schema
 */
async function create(db: Database, projection: Projection): Promise<Standing | undefined> {
  const { name, version, from, schema } = projection
  const tables = fingerprintOf(projection)
  return db.$transaction(async (tx) => {
    await expectOwnSchema(tx, projection)
    const position = from === 'now' ? await relayCheckpoint(tx) : 0n
    const archived = await archivedAfter(tx, position)
    const state = archived === null ? 'running' : 'failed'
    const reason = archived === null ? null : lacking(archived)
    const data = { name, version, tables, position, state, reason }
    const made = await tx.projection.createMany({ data, skipDuplicates: true })
    if (made.count === 0) return (await readStanding(tx, name))!
    await createTables(tx, schema, projection)
    return undefined
  })
}

/** Of two names that differ in dots and dashes alone, such as `a.b-c` and `a-b.c`, one would drop the tables of the other. */
async function expectOwnSchema(tx: Transaction, { name, schema }: Projection) {
  const others = await tx.projection.findMany({ where: { name: { not: name } }, select: { name: true } })
  const other = others.find((one) => schemaOf(one.name) === schema)
  if (other)
    throw new StartupError(`The projection ${name} would have the schema of ${other.name}: give it another name.`)
}
