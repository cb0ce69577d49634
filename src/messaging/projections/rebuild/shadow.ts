import type { Database, Transaction } from '#platform/database'
import { holdReadModels } from '#platform/sealing'
import { Prisma } from '#prisma'
import type { Lease } from '../../lease/lease.ts'
import type { Target } from '../apply.ts'
import type { Projection } from '../define-projection.ts'
import { expectNothingArchived } from '../standing.ts'
import { createTables, fingerprintOf, SHADOW } from '../tables.ts'

/** Tables that are being built beside the present ones. */
export interface Shadow extends Target {
  /** Everything up to here is in them, and committed. */
  position: bigint
  /** An earlier rebuild had begun them. */
  readonly isResumed: boolean
}

/**
 * The shadow that a rebuild of the same version has left, or a new one. @param restart throws away what was left
 * @throws ProjectionRefused when events that it would need are archived
 */
export async function openShadow(
  db: Database,
  projection: Projection,
  lease: Lease,
  restart: boolean,
): Promise<Shadow> {
  const schema = `${projection.schema}${SHADOW}`
  const left = await findShadow(db, projection)
  const isResumed = left !== undefined && !restart
  await db.$transaction(async (tx) => {
    await holdReadModels(tx)
    await expectNothingArchived(tx, projection.name, isResumed ? left.position : 0n)
    if (!isResumed) await begin(tx, projection, schema)
  })
  const position = isResumed ? left.position : 0n
  const move: Shadow['move'] = (tx, from, to) => lease.write(advance(projection.name, from, to), tx)
  return { db, schema, isResumed, position, move }
}

async function findShadow(db: Database, projection: Projection) {
  const { name, version } = projection
  const row = await db.projectionShadow.findUnique({ where: { name } })
  return row?.version === version && row.tables === fingerprintOf(projection) ? row : undefined
}

async function begin(tx: Transaction, projection: Projection, schema: string) {
  const { name, version } = projection
  await tx.projectionShadow.deleteMany({ where: { name } })
  await tx.projectionShadow.create({ data: { name, version, tables: fingerprintOf(projection) } })
  await createTables(tx, schema, projection)
}

const advance = (name: string, from: bigint, to: bigint) => Prisma.sql`
  UPDATE projection_shadows SET position = ${to} FROM held
  WHERE projection_shadows.name = ${name} AND projection_shadows.position = ${from}`
