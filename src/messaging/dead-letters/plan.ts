import type { Database } from '#platform/database'
import { checkSelector, HANDLED, matching, type Selector } from './selector.ts'

/** What a selector means at this moment. */
export interface Plan {
  total: number
  /** Of them, those whose event is handled: they would be resolved without being sent. */
  alreadyHandled: number
  oldest: Date | null
  newest: Date | null
  /** By event type and reason, the most frequent first. */
  kinds: { eventType: string | null; reason: string; count: number }[]
}

/** Counts, without reading a body or changing anything. @throws Refused when the selector selects nothing on purpose */
export async function planFor(db: Database, reaction: string, selector: Selector): Promise<Plan> {
  checkSelector(selector)
  const kinds = await db.$queryRaw<(Plan['kinds'][number] & { handled: number; oldest: Date; newest: Date })[]>`
    SELECT event_type AS "eventType", reason, count(*)::int AS count, count(*) FILTER (WHERE handled)::int AS handled,
      min(failed_at) AS oldest, max(failed_at) AS newest
    FROM (SELECT d.event_type, d.reason, d.failed_at, ${HANDLED} AS handled
          FROM dead_letters d WHERE ${matching(reaction, selector)}) chosen
    GROUP BY event_type, reason ORDER BY count(*) DESC, event_type, reason`
  const sum = (of: (kind: (typeof kinds)[number]) => number) => kinds.reduce((total, kind) => total + of(kind), 0)
  return {
    total: sum(({ count }) => count),
    alreadyHandled: sum(({ handled }) => handled),
    oldest: kinds.map(({ oldest }) => oldest).toSorted((a, b) => Number(a) - Number(b))[0] ?? null,
    newest: kinds.map(({ newest }) => newest).toSorted((a, b) => Number(b) - Number(a))[0] ?? null,
    kinds: kinds.map(({ eventType, reason, count }) => ({ eventType, reason, count })),
  }
}
