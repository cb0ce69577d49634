import type { OpenDatabase } from '#platform/database'
import type { Kept } from './kept.ts'

/** Milliseconds from the storing of an event to its handling that nobody calls late on a busy machine. */
const LATE_MS = 5_000

/** What must hold where no fault explains a delay: nothing is late, and nothing had to be delivered a second time. */
export async function undisturbed({ db }: OpenDatabase): Promise<Kept[]> {
  const late = await db.$queryRaw<{ offender: string }[]>`
    SELECT format('%s handled %s %s ms after it was stored', h.reaction, e.type,
      round(extract(epoch FROM h.handled_at - e.occurred_at) * 1000)) AS offender
    FROM handled_events h JOIN events e ON e.id = h.event_id
    WHERE h.handled_at - e.occurred_at > ${LATE_MS}::float8 * interval '1 ms'
      AND NOT EXISTS (SELECT FROM delivery_history f WHERE f.event_id = h.event_id AND f.reaction = h.reaction AND f.what = 'failed')
    ORDER BY h.handled_at - e.occurred_at DESC`
  const again = await db.$queryRaw<{ offender: string }[]>`
    SELECT format('%s: %s events were taken for lost', reaction, count(*)) AS offender
    FROM delivery_history WHERE what = 'recovered' GROUP BY reaction ORDER BY reaction`
  return [
    {
      promise: `without a fault that explains it, no delivery takes longer than ${LATE_MS / 1_000} s`,
      broken: late.map(({ offender }) => offender),
    },
    {
      promise: 'without a fault that explains it, reconciliation has nothing to do',
      broken: again.map(({ offender }) => offender),
    },
  ]
}

/** One sentence: how long deliveries took that did not fail. */
export async function slowestDelivery({ db }: OpenDatabase): Promise<string> {
  const [row] = await db.$queryRaw<{ deliveries: number; p50: number; p99: number; longest: number }[]>`
    SELECT count(*)::int AS deliveries, percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS p50,
      percentile_cont(0.99) WITHIN GROUP (ORDER BY ms) AS p99, max(ms) AS longest
    FROM (SELECT extract(epoch FROM h.handled_at - e.occurred_at)::float8 * 1000 AS ms
          FROM handled_events h JOIN events e ON e.id = h.event_id) AS taken`
  const { deliveries, p50, p99, longest } = row!
  const ms = (value: number) => `${Math.round(value)} ms`
  return `${deliveries} deliveries: p50 ${ms(p50)}, p99 ${ms(p99)}, longest ${ms(longest)}`
}
