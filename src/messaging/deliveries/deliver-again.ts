import { z } from 'zod'
import { readRow, row, type Database, type Transaction } from '#platform/database'
import { Prisma } from '#prisma'

/** Why an event is delivered from PostgreSQL although nothing failed. Stable codes. */
export type AgainReason =
  /** The broker handed its message out before, and that ended without an outcome. */
  | 'redelivered'
  /** Its message is gone from the broker. */
  | 'lost'
  /** An operator replays history. */
  | 'replayed'

interface Again {
  reason: AgainReason
  /** The process, or the operator, that asks for it. */
  instance: string
}

const Written = row({ count: z.int() })

/**
 * Has events delivered to a reaction from PostgreSQL, at once. Left out are those that were handled, and those whose delivery
 * has an answer already; of an event that was dead once and is handled no more (`replay --again`), the old answer gives way.
 * @returns how many will be delivered
 */
export async function deliverAgain(
  db: Database | Transaction,
  reaction: string,
  events: { ids: readonly string[] } | { positions: readonly bigint[] },
  { reason, instance }: Again,
): Promise<number> {
  const chosen =
    'ids' in events
      ? Prisma.sql`e.id = ANY(${events.ids}::uuid[])`
      : Prisma.sql`e.position = ANY(${events.positions}::bigint[])`
  const starts = reason === 'redelivered' ? 1 : 0
  const { count } = await readRow(db, Written)`
    WITH written AS (
      INSERT INTO deliveries AS d (id, reaction, event_id, event_type, stream, stream_version, correlation_id, state, due_at, starts,
        reason, instance)
      SELECT gen_random_uuid(), ${reaction}, e.id, e.type, e.stream, e.stream_version, e.correlation_id, 'retrying',
        clock_timestamp(), ${starts}, ${reason}, ${instance}
      FROM events e WHERE ${chosen} AND NOT EXISTS (
        SELECT FROM handled_events h WHERE h.event_id = e.id AND h.reaction = ${reaction} OFFSET 0)
      ORDER BY e.position
      ON CONFLICT (reaction, event_id) DO UPDATE SET state = 'retrying', due_at = clock_timestamp(), attempts = 0, starts = 0,
        first_failed_at = NULL, reason = excluded.reason, closed_at = NULL
      WHERE d.state = 'resolved'
      RETURNING id, event_id
    ), told AS (
      INSERT INTO delivery_history (reaction, event_id, delivery_id, what, instance)
      SELECT ${reaction}, event_id, id, 'recovered', ${instance} FROM written WHERE ${reason === 'lost'}
    )
    SELECT count(*)::int AS count FROM written`
  return count
}
