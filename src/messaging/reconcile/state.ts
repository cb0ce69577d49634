import type { Database, Transaction } from '#platform/database'
import { uuidv7 } from '#platform/uuid'

/** Seconds without a sign of life after which another process may go on. */
const LEASE_SECONDS = 15

/** The right to deliver a reaction's events again, for one process at a time, and what is known of its completeness. */
export interface Hold {
  readonly watermark: bigint
  readonly redeliveredTo: bigint
  readonly redeliveredAt: Date | null
  /** @throws when the hold was lost */
  renew(): Promise<void>
  /** Writes the watermark. @throws when the hold was lost */
  moveTo(watermark: bigint): Promise<void>
  /** Notes that everything unsettled up to `position` has been delivered again. */
  noteRedelivered(position: bigint): Promise<void>
  release(): Promise<void>
}

/** Undefined when another process holds the reaction. */
export async function holdReaction(db: Database, reaction: string, instance: string): Promise<Hold | undefined> {
  const me = `${instance} ${uuidv7()}`
  const subscriptions = await db.subscription.findMany({ where: { reaction } })
  await db.$executeRaw`INSERT INTO reconcile_state (reaction) VALUES (${reaction}) ON CONFLICT DO NOTHING`
  const [row] = await db.$queryRaw<
    (Pick<Hold, 'watermark' | 'redeliveredTo' | 'redeliveredAt'> & { eventTypes: string[] })[]
  >`
    UPDATE reconcile_state
    SET leased_by = ${me}, leased_until = clock_timestamp() + make_interval(secs => ${LEASE_SECONDS}::int)
    WHERE reaction = ${reaction} AND (leased_until IS NULL OR leased_until < clock_timestamp())
    RETURNING watermark, event_types AS "eventTypes", redelivered_to AS "redeliveredTo", redelivered_at AS "redeliveredAt"`
  if (!row) return undefined
  // A type subscribed to since the watermark was written is complete only up to where its subscription begins.
  const added = subscriptions.filter(({ eventType }) => !row.eventTypes.includes(eventType))
  let known = added.reduce((least, { since }) => (since < least ? since : least), row.watermark)
  const start = known
  const moveTo = async (watermark: bigint) => {
    const held = await db.$executeRaw`
      UPDATE reconcile_state
      SET watermark = ${watermark}, event_types = ${subscriptions.map(({ eventType }) => eventType)},
        leased_until = clock_timestamp() + make_interval(secs => ${LEASE_SECONDS}::int)
      WHERE reaction = ${reaction} AND leased_by = ${me}`
    if (held === 0) throw new Error(`${reaction}: another process has taken over its reconciliation`)
    known = watermark
  }
  return {
    ...row,
    watermark: start,
    moveTo,
    renew: () => moveTo(known),
    async noteRedelivered(position) {
      await db.$executeRaw`
        UPDATE reconcile_state SET redelivered_to = ${position}, redelivered_at = clock_timestamp() WHERE reaction = ${reaction}`
    },
    async release() {
      await db.$executeRaw`
        UPDATE reconcile_state SET leased_by = NULL, leased_until = NULL WHERE reaction = ${reaction} AND leased_by = ${me}`
    },
  }
}

/** The relay's checkpoint: what lies above it may not have been published yet. */
export async function relayCheckpoint(db: Database): Promise<bigint> {
  const [row] = await db.$queryRaw<{ position: bigint | null }[]>`SELECT max(position) AS position FROM relay_leases`
  return row?.position ?? 0n
}

/** These reactions' messages on the broker are gone: the relay delivers all that is unsettled again, at once. */
export async function requestRecovery(db: Database | Transaction, reactions: readonly string[]): Promise<void> {
  await db.$executeRaw`
    INSERT INTO reconcile_state (reaction, recovery_requested_at) SELECT unnest(${reactions}::text[]), clock_timestamp()
    ON CONFLICT (reaction) DO UPDATE SET recovery_requested_at = excluded.recovery_requested_at`
}

/** The store was replaced by an older one: what it records from `position` on is not known to be settled. */
export async function lowerWatermarks(tx: Transaction, position: bigint): Promise<void> {
  await tx.$executeRaw`UPDATE reconcile_state SET watermark = least(watermark, ${position})`
}

export interface RecoveryRequest {
  reaction: string
  /** The moment of the request, as text because it is compared to the microsecond. */
  requestedAt: string
}

export function requestedRecoveries(db: Database): Promise<RecoveryRequest[]> {
  return db.$queryRaw<RecoveryRequest[]>`
    SELECT reaction, recovery_requested_at::text AS "requestedAt"
    FROM reconcile_state WHERE recovery_requested_at IS NOT NULL ORDER BY reaction`
}

/** Closes a request, unless it was made anew meanwhile. */
export async function closeRecovery(db: Database, { reaction, requestedAt }: RecoveryRequest): Promise<void> {
  await db.$executeRaw`
    UPDATE reconcile_state SET recovery_requested_at = NULL
    WHERE reaction = ${reaction} AND recovery_requested_at = ${requestedAt}::timestamptz`
}
