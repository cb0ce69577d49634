import type { Database, Transaction } from '#platform/database'

/**
 * Resolves what is held or dead although its event was handled: a worker that had begun before could still commit in that moment.
 * `hold` asks for it, and reconciliation does.
 */
export async function closeAnswered(db: Database, reaction: string): Promise<void> {
  await db.$executeRaw`
    UPDATE deliveries d SET state = 'resolved', closed_at = clock_timestamp()
    WHERE d.reaction = ${reaction} AND d.state IN ('held', 'dead')
      AND EXISTS (SELECT FROM handled_events h WHERE h.event_id = d.event_id AND h.reaction = d.reaction OFFSET 0)`
}

/**
 * These events were handled: their deliveries need no answer any more. One that is dead or held, or that had been dead and that
 * an operator sent on its way again, stays as `resolved`. In the transaction that handles them, or at any time afterwards. An event
 * that was not handled keeps its delivery.
 */
export async function closeHandled(
  db: Database | Transaction,
  reaction: string,
  eventIds: readonly string[],
): Promise<void> {
  if (eventIds.length === 0) return
  await db.$executeRaw`
    WITH own AS MATERIALIZED (
      SELECT d.id, d.action_id IS NOT NULL OR d.state IN ('dead', 'held') AS is_kept FROM deliveries d
      WHERE d.reaction = ${reaction} AND d.event_id = ANY(${eventIds}::uuid[]) AND d.state IN ('retrying', 'blocked', 'dead', 'held')
        AND EXISTS (SELECT FROM handled_events h WHERE h.event_id = d.event_id AND h.reaction = d.reaction OFFSET 0)
      ORDER BY d.id FOR UPDATE
    ), gone AS (
      DELETE FROM deliveries USING own WHERE deliveries.id = own.id AND NOT is_kept
    )
    UPDATE deliveries d SET state = 'resolved', due_at = NULL, claimed_by = NULL, starts = 0, closed_at = clock_timestamp()
    FROM own WHERE d.id = own.id AND is_kept`
}
