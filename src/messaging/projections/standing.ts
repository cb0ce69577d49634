import { z } from 'zod'
import { StartupError } from '#platform/config'
import { readRow, row, type Database, type Transaction } from '#platform/database'
import { relayCheckpoint } from '../event-store/checkpoint.ts'
import type { Projection } from './define-projection.ts'
import { createTables, fingerprintOf } from './tables.ts'

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

/** The last position that is archived, if there is one after `position`: what is built from there lacks it. */
export async function archivedAfter(db: Database | Transaction, position: bigint): Promise<bigint | null> {
  const { last } = await readRow(db, Archived)`
    SELECT max(last_position) AS last FROM archives WHERE state <> 'attached' AND last_position > ${position}`
  return last
}

export const lacking = (archived: bigint) => `events up to position ${archived} are archived: restore them first`

/**
 * One that begins with history fails at once while a part of that is archived.
 * @returns the row that another process has made at the same time
 */
async function create(db: Database, projection: Projection): Promise<Standing | undefined> {
  const { name, version, from, schema } = projection
  const tables = fingerprintOf(projection)
  return db.$transaction(async (tx) => {
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
