import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import { NOT_PAUSED } from '../../deliveries/pauses.ts'
import { IS_OPEN, OUTAGES } from './outages.ts'

/** Who redrives where no person does, in the audit table. */
export const POLICY = 'policy'

/** Something that reactions call was away, and dead letters are left of that time. */
export type Recovery = z.infer<typeof Recovery>
const Recovery = row({
  dependency: z.string(),
  reactions: z.array(z.string()),
  letters: z.int(),
  /** Of them, those that the policy has not redriven yet, that failed lately enough for it, and whose reaction is subscribed and not paused. */
  untried: z.int(),
  from: z.date(),
  until: z.date(),
  /** A call has succeeded since it was found away for the last time. Otherwise nobody has called it yet. */
  isBack: z.boolean(),
  /** Milliseconds for which it has not been away. */
  quietMs: z.number(),
  /** Why the policy has stopped redriving what is left of this outage; empty where it has not. */
  stopped: z.string().nullable(),
})

/** What is older is left to operators. */
export const POLICY_WITHIN_MS = 24 * 3_600_000

/**
 * What was away, is not any more, and has left dead letters: a failure of the call, with its last attempt in that time. Looks at the
 * openings of breakers that are kept (30 days), and at an index of dead letters.
 */
export function findRecoveries(db: Database): Promise<Recovery[]> {
  return readRows(db, Recovery)`
    WITH outages AS MATERIALIZED (
      SELECT b.dependency, ${OUTAGES} AS times, min(least(b.failing_since, b.opened_at)) AS "from",
        max(coalesce(b.closed_at, b.seen_at)) AS until, max(b.opened_at) AS opened,
        max(b.closed_at) FILTER (WHERE b.recovered) AS worked, bool_or(${IS_OPEN}) AS is_open
      FROM breakers b WHERE b.dependency IS NOT NULL GROUP BY b.dependency
    ), of_reactions AS (
      SELECT o.dependency, d.reaction, count(*) AS letters, min(d.failed_at) AS first,
        count(*) FILTER (WHERE NOT d.redriven_by_policy AND ${NOT_PAUSED}
          AND (d.reaction, d.event_type) IN (SELECT reaction, event_type FROM subscriptions)
          AND d.failed_at > clock_timestamp() - ${POLICY_WITHIN_MS}::float8 * interval '1 ms') AS untried
      FROM outages o JOIN deliveries d ON d.state = 'dead' AND d.dependency = o.dependency AND d.failed_at <@ o.times
      WHERE NOT o.is_open GROUP BY o.dependency, d.reaction
    ), left_over AS (
      SELECT dependency, array_agg(reaction ORDER BY reaction) AS reactions, sum(letters)::int AS letters, sum(untried)::int AS untried,
        min(first) AS first
      FROM of_reactions GROUP BY dependency
    )
    SELECT o.dependency, l.reactions, l.letters, l.untried, greatest(o."from", l.first) AS "from", o.until,
      coalesce(o.worked >= o.opened, false) AS "isBack",
      extract(epoch FROM clock_timestamp() - o.until)::float8 * 1000 AS "quietMs",
      CASE WHEN last.outcome = 'halted' AND last.at > o.until THEN last.why END AS stopped
    FROM left_over l JOIN outages o USING (dependency) LEFT JOIN LATERAL (
      SELECT outcome, at, result->>'why' AS why FROM operator_actions a
      WHERE a.operator = ${POLICY} AND a.action = 'redrive' AND a.phase = 'finished' AND a.selector->>'recovered' = o.dependency
      ORDER BY a.id DESC LIMIT 1
    ) AS last ON true
    ORDER BY l.letters DESC, o.dependency`
}
