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
  WHERE l.event_id = e.id AND l.worker = s.worker AND l.status IN ('open', 'edited', 'discarded'))`

const PARKED = Prisma.sql`EXISTS (SELECT FROM parked_deliveries p WHERE p.event_id = e.id AND p.worker = s.worker)`

/** An earlier event of the stream is still to be handled, and takes this one along when it is. */
const BLOCKED = Prisma.sql`EXISTS (
  SELECT FROM events b JOIN subscriptions bs ON bs.worker = s.worker AND bs.event_type = b.type AND b.position > bs.since
  WHERE b.stream = e.stream AND b.stream_version < e.stream_version
    AND NOT EXISTS (SELECT FROM deliveries d WHERE d.event_id = b.id AND d.worker = s.worker)
    AND NOT EXISTS (SELECT FROM dead_letters l
      WHERE l.event_id = b.id AND l.worker = s.worker AND l.status IN ('edited', 'discarded')))`

const COLUMNS = Prisma.sql`e.position, e.id, s.worker, e.occurred_at, d.attempt, d.handled_at`

/** Looks at the reaction's events after `from`, up to and including `to`. */
export function surveyRange(db: Database, worker: string, from: bigint, to: bigint, evidence: Evidence) {
  return survey(
    db,
    Prisma.sql`
      SELECT ${COLUMNS}, d.event_id IS NOT NULL OR ${HELD_BY_DEAD_LETTER} OR ${PARKED} AS settled
      FROM subscriptions s
      JOIN events e ON e.type = s.event_type AND e.position > s.since AND e.position > ${from} AND e.position <= ${to}
      LEFT JOIN deliveries d ON d.event_id = e.id AND d.worker = s.worker
      WHERE s.worker = ${worker}`,
    evidence,
  )
}

/**
 * Looks at what the watermark passed over and what nothing keeps any more: redriven events up to there, and events parked
 * behind an earlier one of their stream that is done with.
 */
export function surveyStranded(db: Database, worker: string, watermark: bigint, evidence: Evidence) {
  return survey(
    db,
    Prisma.sql`
      SELECT ${COLUMNS}, d.event_id IS NOT NULL OR ${HELD_BY_DEAD_LETTER} OR (${PARKED} AND ${BLOCKED}) AS settled
      FROM (SELECT event_id, worker FROM dead_letters
            WHERE status = 'redriven' AND worker = ${worker} AND event_id IS NOT NULL
            UNION SELECT event_id, worker FROM parked_deliveries WHERE worker = ${worker}) s
      JOIN events e ON e.id = s.event_id AND e.position <= ${watermark}
      LEFT JOIN deliveries d ON d.event_id = e.id AND d.worker = s.worker`,
    evidence,
  )
}

/**
 * An event is lost when nothing has been heard of its message for the grace period and it cannot be waiting: the queue is
 * empty, or the reaction has handled, at the first attempt and a grace period ago, an event announced after the last
 * sign of this one (the queue is first in, first out). The last sign is its announcement, a noted retry, a redrive or
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
        (SELECT max(retry_at) FROM delivery_failures f WHERE f.event_id = seen.id AND f.worker = seen.worker),
        (SELECT max(closed_at) FROM dead_letters l
         WHERE l.event_id = seen.id AND l.worker = seen.worker AND l.status = 'redriven'),
        (SELECT last_at + least(${graceMs}::float8 * 2 ^ least(times, 30), 3600000) * interval '1 ms'
         FROM redeliveries r WHERE r.event_id = seen.id AND r.worker = seen.worker)
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
