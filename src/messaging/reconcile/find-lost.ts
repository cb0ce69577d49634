import { z } from 'zod'
import { readRow, row, type Database } from '#platform/database'

/** What tells a lost message from one that is merely waiting. */
export interface Evidence {
  /** Milliseconds that an event is given before it can count as lost. */
  graceMs: number
  /** Nothing waits on the reaction's queue. */
  queueIsEmpty: boolean
  /** Every unsettled event is lost: the queue is new and empty. */
  everything: boolean
}

export interface Findings {
  /** Position of the first event that is on its way or lost; null when there is none in the range. */
  firstUnsettled: bigint | null
  /** Highest position of an event, whoever is on it, older than the grace period; null when there is none. The watermark goes no further. */
  oldUpTo: bigint | null
  unsettled: number
  /** Positions of the events that are taken for lost, ascending. */
  lost: bigint[]
}

const Found = row({
  firstUnsettled: z.bigint().nullable(),
  unsettled: z.int(),
  oldUpTo: z.bigint().nullable(),
  lost: z.array(z.bigint()).nullable(),
})

/**
 * Looks at the reaction's events after `from`, up to and including `to`. Settled is what was handled and what has an answer
 * in `deliveries`; the rest should be on the broker's queue.
 *
 * Such an event is lost when the grace period has passed since it was stored and it cannot be waiting: the queue is empty,
 * or the reaction has handled, at the first attempt and a grace period ago, an event published after it (the queue is first
 * in, first out). A mistake is harmless: what is delivered twice is handled once.
 */
export async function findLost(
  db: Database,
  reaction: string,
  { from, to }: { from: bigint; to: bigint },
  { graceMs, queueIsEmpty, everything }: Evidence,
): Promise<Findings> {
  const { lost, ...found } = await readRow(db, Found)`
    WITH ago AS MATERIALIZED (
      SELECT clock_timestamp() - ${graceMs}::float8 * interval '1 ms' AS grace
    ), seen AS MATERIALIZED (
      SELECT e.position, e.occurred_at, h.attempt, h.handled_at, h.event_id IS NOT NULL
        OR EXISTS (SELECT FROM deliveries d WHERE d.event_id = e.id AND d.reaction = s.reaction) AS settled
      FROM subscriptions s
      JOIN events e ON e.type = s.event_type AND e.position > s.since AND e.position > ${from} AND e.position <= ${to}
      LEFT JOIN handled_events h ON h.event_id = e.id AND h.reaction = s.reaction
      WHERE s.reaction = ${reaction}
    ), passed AS (
      SELECT position FROM seen, ago WHERE attempt = 1 AND handled_at < ago.grace ORDER BY position DESC LIMIT 1
    ), open AS (
      SELECT seen.position, occurred_at < ago.grace AS old FROM seen, ago WHERE NOT settled
    )
    SELECT min(open.position) AS "firstUnsettled", count(*)::int AS unsettled,
      (SELECT e.position FROM events e, ago WHERE e.position > ${from} AND e.position <= ${to} AND e.occurred_at < ago.grace
        ORDER BY e.position DESC LIMIT 1) AS "oldUpTo",
      array_agg(open.position ORDER BY open.position) FILTER (WHERE ${everything}
        OR (old AND (${queueIsEmpty} OR open.position < passed.position))) AS lost
    FROM open LEFT JOIN passed ON true`
  return { ...found, lost: lost ?? [] }
}
