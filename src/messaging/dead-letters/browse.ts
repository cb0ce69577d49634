import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import { Prisma } from '#prisma'

/** The dead letters of one reaction. */
export type ReactionSummary = z.infer<typeof ReactionSummary>
const ReactionSummary = row({
  reaction: z.string(),
  count: z.int(),
  /** Distinct causes. */
  groups: z.int(),
  oldest: z.date().nullable(),
  newest: z.date().nullable(),
  /** Of the most frequent cause. */
  topError: z.string().nullable(),
  /** Redriven, and neither handled nor dead again yet. */
  inFlight: z.int(),
})

/** Every reaction with dead letters or redriven ones under way, the most first. Reads indexes, no bodies. */
export async function listReactions(db: Database): Promise<ReactionSummary[]> {
  return readRows(db, ReactionSummary)`
    WITH causes AS MATERIALIZED (
      SELECT reaction, fingerprint, count(*)::int AS count, min(failed_at) AS oldest, max(failed_at) AS newest
      FROM deliveries WHERE state = 'dead' GROUP BY reaction, fingerprint
    ), sums AS (
      SELECT reaction, sum(count)::int AS count, count(*)::int AS groups, min(oldest) AS oldest, max(newest) AS newest
      FROM causes GROUP BY reaction
    ), top AS (
      SELECT DISTINCT ON (reaction) reaction, fingerprint FROM causes ORDER BY reaction, count DESC, newest DESC
    ), under_way AS (
      SELECT reaction, count(*)::int AS count FROM deliveries
      WHERE state = 'retrying' AND action_id IS NOT NULL GROUP BY reaction
    )
    SELECT reaction, coalesce(sums.count, 0) AS count, coalesce(sums.groups, 0) AS groups, sums.oldest, sums.newest,
      example.error AS "topError", coalesce(under_way.count, 0) AS "inFlight"
    FROM sums FULL JOIN under_way USING (reaction) LEFT JOIN top USING (reaction)
    LEFT JOIN LATERAL (
      SELECT error_name || ': ' || error_message AS error FROM deliveries e
      WHERE e.state = 'dead' AND e.reaction = top.reaction AND e.fingerprint = top.fingerprint
      ORDER BY e.failed_at DESC, e.id DESC LIMIT 1
    ) example ON true
    ORDER BY 2 DESC, reaction`
}

/** Dead letters of one cause. */
export type Group = z.infer<typeof Group>
const Group = row({
  /** What `redrive --group` takes. */
  fingerprint: z.string(),
  count: z.int(),
  oldest: z.date(),
  newest: z.date(),
  eventType: z.string().nullable(),
  reason: z.string(),
  error: z.string(),
  /** The latest of them. */
  exampleId: z.string(),
})

/** The groups of a reaction, the largest first. @param limit default 100 */
export async function listGroups(db: Database, reaction: string, limit = 100): Promise<Group[]> {
  return readRows(db, Group)`
    WITH causes AS MATERIALIZED (
      SELECT fingerprint, count(*)::int AS count, min(failed_at) AS oldest, max(failed_at) AS newest
      FROM deliveries WHERE state = 'dead' AND reaction = ${reaction}
      GROUP BY fingerprint ORDER BY count(*) DESC, max(failed_at) DESC LIMIT ${limit}
    )
    SELECT causes.fingerprint, causes.count, causes.oldest, causes.newest,
      e.event_type AS "eventType", e.reason, e.error_name || ': ' || e.error_message AS error, e.id::text AS "exampleId"
    FROM causes CROSS JOIN LATERAL (
      SELECT id, event_type, reason, error_name, error_message FROM deliveries d
      WHERE d.state = 'dead' AND d.reaction = ${reaction} AND d.fingerprint = causes.fingerprint
      ORDER BY d.failed_at DESC, d.id DESC LIMIT 1
    ) e
    ORDER BY causes.count DESC, causes.newest DESC`
}

/** One dead letter, as a list shows it. */
export type Letter = z.infer<typeof Letter>
const Letter = row({
  id: z.string(),
  eventId: z.string().nullable(),
  eventType: z.string().nullable(),
  /** The conversation. */
  correlationId: z.string().nullable(),
  reason: z.string(),
  error: z.string(),
  attempts: z.int(),
  failedAt: z.date(),
  edited: z.boolean(),
})

interface LetterPage {
  /** Those of one cause. */
  group?: string | undefined
  /** The last one of the page before: its time of failing, and its id. */
  after?: { failedAt: Date; id: string } | undefined
  limit: number
}

/** Dead letters of a reaction, those that failed last first. Reads an index, no bodies. */
export async function listLetters(db: Database, reaction: string, { group, after, limit }: LetterPage) {
  const ofGroup = group === undefined ? Prisma.empty : Prisma.sql`AND d.fingerprint = ${group}`
  const before = after
    ? Prisma.sql`AND (d.failed_at, d.id) < (${after.failedAt}::timestamptz, ${after.id}::uuid)`
    : Prisma.empty
  return readRows(db, Letter)`
    SELECT d.id::text, d.event_id::text AS "eventId", d.event_type AS "eventType", d.correlation_id AS "correlationId", d.reason,
      d.error_name || ': ' || d.error_message AS error, d.attempts, d.failed_at AS "failedAt", d.edited_at IS NOT NULL AS edited
    FROM deliveries d WHERE d.state = 'dead' AND d.reaction = ${reaction} ${ofGroup} ${before}
    ORDER BY d.failed_at DESC, d.id DESC LIMIT ${limit}`
}
