import type { Database } from '#platform/database'
import { Prisma } from '#prisma'

/** What tells a lost message from one that is merely waiting. */
export interface Evidence {
  /** Milliseconds an event, a retry or a redelivery is given before it can count as lost. */
  graceMs: number
  /** Nothing waits on the reaction's queue. */
  queueIsEmpty: boolean
  /** Milliseconds a message may be waiting on the delay ladder without a note of it; 0 when the ladder is empty. */
  ladderMs: number
  /** Every unsettled event is lost: the queue is new and empty. */
  everything: boolean
  /** Up to this position, events were put on the queue at `redeliveredAt`, out of order. */
  redeliveredTo: bigint
  redeliveredAt: Date | null
}

export interface Survey {
  /** Position of the first unsettled event; null when the whole range is settled. */
  firstUnsettled: bigint | null
  unsettled: number
  /** Positions of the events that are taken for lost, ascending. */
  lost: bigint[]
}

/** Kept by a dead letter. A redriven one keeps nothing: its message is on the way again. `e` is the event, `s` the subscription. */
export const HELD_BY_DEAD_LETTER = Prisma.sql`EXISTS (
  SELECT FROM dead_letters l
  WHERE l.event_id = e.id AND l.reaction = s.reaction AND l.status IN ('open', 'edited', 'discarded'))`

const IS_BLOCKED = Prisma.sql`EXISTS (SELECT FROM blocked_deliveries p WHERE p.event_id = e.id AND p.reaction = s.reaction)`

/** An earlier event of the stream is still to be handled, and takes this one along when it is. */
const BLOCKED = Prisma.sql`EXISTS (
  SELECT FROM events b JOIN subscriptions bs ON bs.reaction = s.reaction AND bs.event_type = b.type AND b.position > bs.since
  WHERE b.stream = e.stream AND b.stream_version < e.stream_version
    AND NOT EXISTS (SELECT FROM handled_events d WHERE d.event_id = b.id AND d.reaction = s.reaction)
    AND NOT EXISTS (SELECT FROM dead_letters l
      WHERE l.event_id = b.id AND l.reaction = s.reaction AND l.status IN ('edited', 'discarded')))`

const COLUMNS = Prisma.sql`e.position, e.id, s.reaction, e.occurred_at, d.attempt, d.handled_at`

/** Looks at the reaction's events after `from`, up to and including `to`. */
export function surveyRange(db: Database, reaction: string, from: bigint, to: bigint, evidence: Evidence) {
  return survey(
    db,
    Prisma.sql`
      SELECT ${COLUMNS}, d.event_id IS NOT NULL OR ${HELD_BY_DEAD_LETTER} OR ${IS_BLOCKED} AS settled
      FROM subscriptions s
      JOIN events e ON e.type = s.event_type AND e.position > s.since AND e.position > ${from} AND e.position <= ${to}
      LEFT JOIN handled_events d ON d.event_id = e.id AND d.reaction = s.reaction
      WHERE s.reaction = ${reaction}`,
    evidence,
  )
}

/**
 * Looks at what the watermark passed over and what nothing keeps any more: redriven events up to there, and events blocked
 * behind an earlier one of their stream that is done with.
 */
export function surveyStranded(db: Database, reaction: string, watermark: bigint, evidence: Evidence) {
  return survey(
    db,
    Prisma.sql`
      SELECT ${COLUMNS}, d.event_id IS NOT NULL OR ${HELD_BY_DEAD_LETTER} OR (${IS_BLOCKED} AND ${BLOCKED}) AS settled
      FROM (SELECT event_id, reaction FROM dead_letters
            WHERE status = 'redriven' AND reaction = ${reaction} AND event_id IS NOT NULL
            UNION SELECT event_id, reaction FROM blocked_deliveries WHERE reaction = ${reaction}) s
      JOIN events e ON e.id = s.event_id AND e.position <= ${watermark}
      LEFT JOIN handled_events d ON d.event_id = e.id AND d.reaction = s.reaction`,
    evidence,
  )
}

/**
 * An event is lost when nothing has been heard of its message for the grace period and it cannot be waiting: the queue is
 * empty, or the reaction has handled, at the first attempt and a grace period ago, an event published after the last
 * sign of this one (the queue is first in, first out). The last sign is its publication, a noted retry, a redrive or
 * a redelivery; with each redelivery the pause before the next one doubles, up to an hour.
 */
async function survey(db: Database, seen: Prisma.Sql, evidence: Evidence): Promise<Survey> {
  const { graceMs, queueIsEmpty, ladderMs, everything, redeliveredTo, redeliveredAt } = evidence
  const [row] = await db.$queryRaw<{ firstUnsettled: bigint | null; unsettled: number; lost: bigint[] | null }[]>`
    WITH seen AS MATERIALIZED (${seen}),
    ago AS (
      SELECT clock_timestamp() - ${graceMs}::float8 * interval '1 ms' AS grace, ${ladderMs}::float8 * interval '1 ms' AS ladder
    ), passed AS (
      SELECT position, occurred_at FROM seen, ago
      WHERE attempt = 1 AND handled_at < ago.grace AND position > ${redeliveredTo}
      ORDER BY position DESC LIMIT 1
    ), open AS (
      SELECT position, ago.grace, ago.ladder + greatest(
        occurred_at,
        CASE WHEN position <= ${redeliveredTo} THEN ${redeliveredAt}::timestamptz END,
        (SELECT max(retry_at) FROM delivery_failures f WHERE f.event_id = seen.id AND f.reaction = seen.reaction),
        (SELECT max(closed_at) FROM dead_letters l
         WHERE l.event_id = seen.id AND l.reaction = seen.reaction AND l.status = 'redriven'),
        (SELECT last_at + least(${graceMs}::float8 * 2 ^ least(times, 30), 3600000) * interval '1 ms'
         FROM redeliveries r WHERE r.event_id = seen.id AND r.reaction = seen.reaction)
      ) AS last_sign
      FROM seen, ago WHERE NOT settled
    )
    SELECT min(open.position) AS "firstUnsettled", count(*)::int AS unsettled,
      array_agg(open.position ORDER BY open.position) FILTER (WHERE ${everything}
        OR (${queueIsEmpty} AND last_sign < open.grace)
        OR (open.position < passed.position AND last_sign < passed.occurred_at)) AS lost
    FROM open LEFT JOIN passed ON true`
  return { ...row!, lost: row!.lost ?? [] }
}
