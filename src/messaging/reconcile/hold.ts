import type { Database } from '#platform/database'
import { Prisma } from '#prisma'
import { uuidv7 } from '#platform/uuid'

/** Seconds without a sign of life after which another process may go on. */
const LEASE_SECONDS = 15

/** Asked in the statement that writes: after a failover it may be lower than the one that was read before. */
const CHECKPOINT = Prisma.sql`(SELECT coalesce(max(position), 0) FROM relay_leases)`

/**
 * The right to deliver a reaction's events again, for one process at a time, and what is known of its completeness. It ends with
 * PostgreSQL's timeline: what was read from a primary to be handled need not be so on the one that has replaced it.
 */
export interface Hold {
  readonly watermark: bigint
  /** @throws when the hold was lost */
  renew(): Promise<void>
  /** Writes the watermark. @throws when the hold was lost */
  moveTo(watermark: bigint): Promise<void>
  release(): Promise<void>
}

/** Undefined when another process holds the reaction. */
export async function holdReaction(db: Database, reaction: string, instance: string): Promise<Hold | undefined> {
  const me = `${instance} ${uuidv7()}`
  const subscriptions = await db.subscription.findMany({ where: { reaction } })
  await db.$executeRaw`INSERT INTO reconcile_state (reaction) VALUES (${reaction}) ON CONFLICT DO NOTHING`
  const [row] = await db.$queryRaw<{ watermark: bigint; eventTypes: string[]; timeline: string | null }[]>`
    UPDATE reconcile_state
    SET leased_by = ${me}, leased_until = clock_timestamp() + make_interval(secs => ${LEASE_SECONDS}::int)
    WHERE reaction = ${reaction} AND (leased_until IS NULL OR leased_until < clock_timestamp())
    RETURNING watermark, event_types AS "eventTypes", wal_timeline() AS timeline`
  if (!row) return undefined
  // A type subscribed to since the watermark was written is complete only up to where its subscription begins.
  const added = subscriptions.filter(({ eventType }) => !row.eventTypes.includes(eventType))
  let known = added.reduce((least, { since }) => (since < least ? since : least), row.watermark)
  const start = known
  const moveTo = async (watermark: bigint) => {
    const held = await db.$executeRaw`
      UPDATE reconcile_state
      SET watermark = least(${watermark}, ${CHECKPOINT}), event_types = ${subscriptions.map(({ eventType }) => eventType)},
        leased_until = clock_timestamp() + make_interval(secs => ${LEASE_SECONDS}::int)
      WHERE reaction = ${reaction} AND leased_by = ${me} AND ${row.timeline}::text IS NOT DISTINCT FROM wal_timeline()`
    if (held === 0)
      throw new Error(`${reaction}: another process has taken over its reconciliation, or PostgreSQL has failed over`)
    known = watermark
  }
  return {
    watermark: start,
    moveTo,
    renew: () => moveTo(known),
    async release() {
      await db.$executeRaw`
        UPDATE reconcile_state SET leased_by = NULL, leased_until = NULL WHERE reaction = ${reaction} AND leased_by = ${me}`
    },
  }
}
