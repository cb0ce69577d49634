import { z } from 'zod'
import { readRows, row, type Database, type Transaction } from '#platform/database'

/**
 * These reactions' messages on the broker are gone, or could not be put there: all that is unsettled is delivered from PostgreSQL
 * at once. Locks one reaction after the other by name, as `lowerWatermarks` does: those who ask at the same time only wait.
 */
export async function requestRecovery(db: Database | Transaction, reactions: readonly string[]): Promise<void> {
  await db.$executeRaw`
    INSERT INTO reconcile_state (reaction, recovery_requested_at)
    SELECT reaction, clock_timestamp() FROM unnest(${[...reactions]}::text[]) AS wanted(reaction) ORDER BY reaction
    ON CONFLICT (reaction) DO UPDATE SET recovery_requested_at = excluded.recovery_requested_at`
}

/**
 * The store was replaced by an older one: what it records from `position` on is not known to be settled. In one transaction with
 * `requestRecovery`, after it: that one may add rows.
 */
export async function lowerWatermarks(tx: Transaction, position: bigint): Promise<void> {
  await tx.$executeRaw`
    WITH locked AS MATERIALIZED (SELECT reaction FROM reconcile_state ORDER BY reaction FOR UPDATE)
    UPDATE reconcile_state r SET watermark = least(watermark, ${position}) FROM locked WHERE r.reaction = locked.reaction`
}

export type RecoveryRequest = z.infer<typeof RecoveryRequest>
const RecoveryRequest = row({
  reaction: z.string(),
  /** The moment of the request, as text because it is compared to the microsecond. */
  requestedAt: z.string(),
})

export function requestedRecoveries(db: Database): Promise<RecoveryRequest[]> {
  return readRows(db, RecoveryRequest)`
    SELECT reaction, recovery_requested_at::text AS "requestedAt"
    FROM reconcile_state WHERE recovery_requested_at IS NOT NULL ORDER BY reaction`
}

/** Closes a request, unless it was made anew meanwhile. */
export async function closeRecovery(db: Database, { reaction, requestedAt }: RecoveryRequest): Promise<void> {
  await db.$executeRaw`
    UPDATE reconcile_state SET recovery_requested_at = NULL
    WHERE reaction = ${reaction} AND recovery_requested_at = ${requestedAt}::timestamptz`
}

export async function isRecoveryRequested(db: Database, reaction: string): Promise<boolean> {
  return (await db.reconcileState.count({ where: { reaction, recoveryRequestedAt: { not: null } } })) > 0
}
