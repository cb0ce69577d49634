import { z } from 'zod'
import { readRows, row, type Database, type Transaction } from '#platform/database'
import { Prisma } from '#prisma'

/** Why conversations do not move on. Stable codes. */
export type StuckKind = z.infer<typeof StuckKind>
const StuckKind = z.enum([
  /** An attempt failed; the next one is due. */
  'retrying',
  /** Due, and nobody takes it: no worker with this reaction runs, or it cannot keep up. */
  'overdue',
  /** Put off by its reaction, again and again: what it waits for is not there. */
  'postponed',
  /** Only a newer release understands the event. */
  'newer-release',
  'blocked',
  'held',
  'dead',
  /** An operator closed it: the event will not be handled. */
  'discarded',
  /** Its reaction is paused by an operator: it waits until that is resumed. */
  'paused',
  /** Published, and not handled: it waits on the queue, or no worker with this reaction runs. */
  'waiting',
  /** Stored, and not published: no relay runs, or it cannot reach the broker. */
  'unpublished',
])

/** One cause, and every conversation that it keeps from moving on. */
export type StuckCause = z.infer<typeof StuckCause>
const StuckCause = row({
  kind: StuckKind,
  /** Empty for `unpublished`. */
  reaction: z.string().nullable(),
  eventType: z.string().nullable(),
  error: z.string().nullable(),
  /** Equal for failures of one cause; what `dead-letters redrive --group` takes. */
  fingerprint: z.string().nullable(),
  /** Of deliveries: how many of them, which are as many but where events of one type repeat in a conversation. */
  conversations: z.int(),
  /** There are more than were counted. */
  more: z.boolean(),
  /** The one that waits longest. */
  example: z.string().nullable(),
  /** Of the example. */
  deliveryId: z.string().nullable(),
  /** Failed attempts of the example. */
  attempts: z.int(),
  since: z.date(),
  /** When the next attempt is due. */
  nextAt: z.date().nullable(),
})

/** Milliseconds that a message may be on its way before it counts as stuck. */
const PATIENCE_MS = 10_000
/** Of events that nobody takes, or that are not published, so many are counted, the oldest ones: a day of them takes seconds. */
const MOST_COUNTED = 10_000

/** Of the oldest row. A least array is found without sorting a hundred thousand rows by their cause. */
const oldest = (column: Prisma.Sql) =>
  Prisma.sql`(min(ARRAY[to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS'), ${column}]))[2]`

/** What is put off fails anew at each look. */
const SINCE = Prisma.sql`coalesce(CASE d.reason WHEN 'retry-later' THEN d.first_failed_at END, d.failed_at, d.created_at)`

/**
 * What does not move at this moment, by cause, the newest first. A failed attempt is there at once; what merely takes its time on a
 * queue, after `patienceMs` (default 10 s). Reads `deliveries`, of dead ones the index alone, and the events above the watermarks of
 * reconciliation.
 */
export async function findStuck(
  db: Database | Transaction,
  { patienceMs = PATIENCE_MS, most = MOST_COUNTED } = {},
): Promise<StuckCause[]> {
  return readRows(db, StuckCause)`
    WITH late AS MATERIALIZED (
      SELECT clock_timestamp() - ${patienceMs}::float8 * interval '1 ms' AS at
    ), checkpoint AS MATERIALIZED (
      SELECT coalesce(max(position), 0) AS position FROM relay_checkpoints
    ), dead AS MATERIALIZED (
      SELECT reaction, fingerprint, count(*)::int AS letters, max(failed_at) AS newest FROM deliveries WHERE state = 'dead'
      GROUP BY reaction, fingerprint
    ), standing AS (
      SELECT d.state AS kind, d.reaction, d.event_type, d.fingerprint, d.id, ${SINCE} AS since
      FROM deliveries d WHERE d.state IN ('blocked', 'held', 'discarded')
      UNION ALL
      SELECT CASE WHEN d.reason IN ('unknown-type', 'newer-version') THEN 'newer-release' WHEN d.due_at < late.at THEN 'overdue'
        WHEN d.reason = 'retry-later' THEN 'postponed' ELSE 'retrying' END, d.reaction, d.event_type, d.fingerprint, d.id, ${SINCE}
      FROM deliveries d, late
      WHERE d.state = 'retrying' AND (d.attempts > 0 OR d.reason IN ('unknown-type', 'newer-version') OR d.due_at < late.at
        OR (d.reason = 'retry-later' AND d.first_failed_at < late.at))
    ), kept AS MATERIALIZED (
      SELECT kind, count(*)::int AS deliveries, max(since) AS newest, ${oldest(Prisma.sql`id::text`)}::uuid AS oldest
      FROM standing GROUP BY kind, reaction, event_type, fingerprint
      UNION ALL
      SELECT 'dead', c.letters, c.newest, (
        SELECT d.id FROM deliveries d WHERE d.state = 'dead' AND d.reaction = c.reaction AND d.fingerprint = c.fingerprint
        ORDER BY d.failed_at, d.id LIMIT 1)
      FROM dead c
    ), found AS MATERIALIZED (
      SELECT 'waiting' AS kind, s.reaction, e.type AS event_type, e.correlation_id, e.occurred_at AS since
      FROM late, checkpoint, subscriptions s LEFT JOIN reconcile_state r ON r.reaction = s.reaction
      CROSS JOIN LATERAL (
        SELECT type, correlation_id, occurred_at FROM events e
        WHERE type = s.event_type AND position > greatest(s.since, coalesce(r.watermark, 0)) AND position <= checkpoint.position
          AND occurred_at < late.at
          AND NOT EXISTS (SELECT FROM handled_events h WHERE h.event_id = e.id AND h.reaction = s.reaction OFFSET 0)
          AND NOT EXISTS (SELECT FROM deliveries d WHERE d.event_id = e.id AND d.reaction = s.reaction OFFSET 0)
        ORDER BY position LIMIT ${most}
      ) e
      UNION ALL
      SELECT 'unpublished', NULL, e.type, e.correlation_id, e.occurred_at
      FROM late CROSS JOIN LATERAL (
        SELECT type, correlation_id, occurred_at FROM events
        WHERE position > (SELECT position FROM checkpoint) AND occurred_at < late.at ORDER BY position LIMIT ${most}
      ) e
    ), under_way AS (
      SELECT kind, reaction, event_type, count(DISTINCT correlation_id)::int AS conversations, min(since) AS since, max(since) AS newest,
        ${oldest(Prisma.sql`correlation_id`)} AS example,
        sum(count(*)) OVER (PARTITION BY kind, reaction, CASE kind WHEN 'waiting' THEN event_type END) >= ${most} AS more
      FROM found GROUP BY kind, reaction, event_type
    )
    SELECT CASE WHEN kind IN ('waiting', 'overdue', 'retrying', 'postponed') AND EXISTS (SELECT FROM reaction_pauses p WHERE p.reaction = told.reaction)
      THEN 'paused' ELSE kind END AS kind, reaction, "eventType", error, fingerprint, conversations, more, example, "deliveryId", attempts, since, "nextAt" FROM (
      SELECT k.kind, d.reaction, d.event_type AS "eventType", d.error_name || ': ' || d.error_message AS error, d.fingerprint,
        k.deliveries AS conversations, false AS more, d.correlation_id AS example, d.id::text AS "deliveryId", d.attempts,
        ${SINCE} AS since, d.due_at AS "nextAt", k.newest
      FROM kept k JOIN deliveries d ON d.id = k.oldest
      UNION ALL
      SELECT kind, reaction, event_type, NULL, NULL, conversations, more, example, NULL, 0, since, NULL, newest FROM under_way
    ) AS told ORDER BY told.kind = 'discarded', newest DESC`
}
