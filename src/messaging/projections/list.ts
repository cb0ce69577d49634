import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import { schemaOf } from './define-projection.ts'
import { expectNothingArchived, readStanding } from './standing.ts'
import { dropTables, SHADOW } from './tables.ts'

export type ProjectionStatus = z.infer<typeof ProjectionStatus>
const ProjectionStatus = row({
  name: z.string(),
  version: z.int(),
  state: z.enum(['running', 'paused', 'failed']),
  /** Why it has failed. */
  reason: z.string().nullable(),
  since: z.date(),
  position: z.bigint(),
  /** When the event at `position` was stored. */
  asOf: z.date().nullable(),
  /** Positions of the event store that it has not passed. */
  behind: z.bigint(),
  /** Age of the oldest event that it has not passed; 0 when there is none. */
  lagSeconds: z.number(),
  /** The process that keeps it current. */
  holder: z.string().nullable(),
  /** How far a rebuild that is not finished has come. */
  shadowPosition: z.bigint().nullable(),
})

/** Where every projection stands. */
export function listProjections(db: Database): Promise<ProjectionStatus[]> {
  return readRows(db, ProjectionStatus)`
    SELECT p.name, p.version, p.state, p.reason, p.since, p.position, p.as_of AS "asOf",
      greatest(0, (SELECT coalesce(max(position), 0) FROM events) - p.position) AS behind,
      coalesce((SELECT greatest(0, extract(epoch FROM clock_timestamp() - occurred_at)::float8)
        FROM events WHERE position > p.position ORDER BY position LIMIT 1), 0) AS "lagSeconds",
      (SELECT holder FROM leases l WHERE l.name = 'projection ' || p.name AND expires_at > clock_timestamp()) AS holder,
      s.position AS "shadowPosition"
    FROM projections p LEFT JOIN projection_shadows s ON s.name = p.name ORDER BY p.name`
}

/** Those that stand still, and those that are behind for longer than patience lasts. */
export async function findStuckProjections(db: Database, patienceMs: number): Promise<ProjectionStatus[]> {
  const known = await listProjections(db)
  return known.filter(({ state, lagSeconds }) => state !== 'running' || lagSeconds * 1_000 > patienceMs)
}

/** @returns false when there is no such projection that could be paused */
export async function pauseProjection(db: Database, name: string): Promise<boolean> {
  const { count } = await db.projection.updateMany({
    where: { name, state: { in: ['running', 'paused'] } },
    data: { state: 'paused', since: new Date() },
  })
  return count > 0
}

/**
 * Lets a projection that was paused, or has failed, go on from its position. @returns false when there is none
 * @throws ProjectionRefused while events that it has not passed are archived
 */
export async function resumeProjection(db: Database, name: string): Promise<boolean> {
  return db.$transaction(async (tx) => {
    const standing = await readStanding(tx, name)
    if (standing) await expectNothingArchived(tx, name, standing.position)
    const { count } = await tx.projection.updateMany({
      where: { name },
      data: { state: 'running', reason: null, failedPosition: null, since: new Date() },
    })
    return count > 0
  })
}

/** Forgets a projection that no release defines any more, with its tables. */
export async function removeProjection(db: Database, name: string): Promise<void> {
  await db.$transaction(async (tx) => {
    await tx.projection.deleteMany({ where: { name } })
    await tx.projectionShadow.deleteMany({ where: { name } })
    await tx.lease.deleteMany({ where: { name: { in: [`projection ${name}`, `rebuild ${name}`] } } })
    for (const schema of [schemaOf(name), `${schemaOf(name)}${SHADOW}`]) await dropTables(tx, schema)
  })
}
