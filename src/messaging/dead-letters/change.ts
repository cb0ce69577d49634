import { z } from 'zod'
import { readRow, row, type Database, type Transaction } from '#platform/database'
import type { Prisma } from '#prisma'
import type { Mark } from './operator-actions.ts'

/** What is done to deliveries. */
export interface Change {
  /**
   * The condition on `deliveries d`. Where ids are known, they and the state are enough: next to the reaction, a planner without
   * statistics reads every dead letter of it for each batch.
   */
  where: Prisma.Sql
  /** Assignments, for those whose event was not handled meanwhile. */
  set: Prisma.Sql
  /** As the history of each calls it. */
  what: 'redriven' | 'edited' | 'edit undone' | 'discarded' | 'restored' | 'retried' | 'held'
}

export type Changed = z.infer<typeof Changed>
const Changed = row({
  changed: z.int(),
  /** Their event was handled already: they are `resolved` instead. */
  resolved: z.int(),
})

/**
 * Changes deliveries and writes their history, in one statement: killed at any moment, it is done or it is not. What another
 * operator, or a worker, has changed since is left alone.
 */
export function change(
  db: Database | Transaction,
  { where, set, what }: Change,
  { actionId, by }: Mark,
): Promise<Changed> {
  return readRow(db, Changed)`
    WITH chosen AS MATERIALIZED (
      SELECT d.id, EXISTS (
        SELECT FROM handled_events h WHERE h.event_id = d.event_id AND h.reaction = d.reaction OFFSET 0) AS handled
      FROM deliveries d WHERE ${where} ORDER BY d.id FOR UPDATE
    ), resolved AS (
      UPDATE deliveries d
      SET state = 'resolved', due_at = NULL, claimed_by = NULL, closed_at = clock_timestamp(), action_id = ${actionId}::uuid
      FROM chosen WHERE d.id = chosen.id AND chosen.handled RETURNING d.id, d.reaction, d.event_id, d.due_at, 'resolved' AS what
    ), changed AS (
      UPDATE deliveries d SET ${set}
      FROM chosen WHERE d.id = chosen.id AND NOT chosen.handled RETURNING d.id, d.reaction, d.event_id, d.due_at, ${what} AS what
    ), told AS (
      INSERT INTO delivery_history (reaction, event_id, delivery_id, at, what, instance, due_at, action_id)
      SELECT reaction, event_id, id, clock_timestamp(), what, ${by}, due_at, ${actionId}::uuid
      FROM (SELECT * FROM resolved UNION ALL SELECT * FROM changed) AS done
    )
    SELECT (SELECT count(*)::int FROM changed) AS changed, (SELECT count(*)::int FROM resolved) AS resolved`
}
