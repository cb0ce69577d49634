import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import { checkSelector, closable, DEAD, HANDLED, matching, DELIVERABLE, type Selector } from './selector.ts'

/** What a selector means at this moment. */
export interface Plan {
  total: number
  /** Of them, those whose event is handled: they would be resolved without being sent. */
  alreadyHandled: number
  /** Of them, those whose event the event store does not have, or whose type is retired: only `discard` closes them. */
  undeliverable: number
  oldest: Date | null
  newest: Date | null
  /** By event type and reason, the most frequent first. */
  kinds: { eventType: string | null; reason: string; count: number }[]
}

type Kind = z.infer<typeof Kind>
const Kind = row({
  eventType: z.string().nullable(),
  reason: z.string(),
  count: z.int(),
  handled: z.int(),
  lost: z.int(),
  oldest: z.date(),
  newest: z.date(),
})

/** Counts what an action would take, without changing anything. @throws Refused when nothing is selected */
export async function planFor(
  db: Database,
  reaction: string,
  selector: Selector,
  action: 'redrive' | 'discard' = 'redrive',
): Promise<Plan> {
  checkSelector(selector)
  const state = action === 'redrive' ? DEAD : closable(selector)
  const kinds = await readRows(db, Kind)`
    SELECT event_type AS "eventType", reason, count(*)::int AS count, (count(*) FILTER (WHERE handled))::int AS handled,
      (count(*) FILTER (WHERE NOT deliverable AND NOT handled))::int AS lost, min(failed_at) AS oldest, max(failed_at) AS newest
    FROM (SELECT d.event_type, d.reason, coalesce(d.failed_at, d.created_at) AS failed_at, ${HANDLED} AS handled, ${DELIVERABLE} AS deliverable
          FROM deliveries d WHERE ${matching(reaction, selector, state)}) chosen
    GROUP BY event_type, reason ORDER BY count(*) DESC, event_type, reason`
  const sum = (of: (kind: Kind) => number) => kinds.reduce((total, kind) => total + of(kind), 0)
  const times = (of: (kind: Kind) => Date) => kinds.map((kind) => of(kind).getTime())
  return {
    total: sum(({ count }) => count),
    alreadyHandled: sum(({ handled }) => handled),
    undeliverable: sum(({ lost }) => lost),
    oldest: kinds.length > 0 ? new Date(Math.min(...times(({ oldest }) => oldest))) : null,
    newest: kinds.length > 0 ? new Date(Math.max(...times(({ newest }) => newest))) : null,
    kinds: kinds.map(({ eventType, reason, count }) => ({ eventType, reason, count })),
  }
}
