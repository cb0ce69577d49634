import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import { inTime } from '#platform/process/in-time'
import { Gauge } from '#platform/metrics'

/** What has happened at the payment provider and is not in the books. */
export type Deviation = z.infer<typeof Deviation>
const Deviation = row({
  /** Of the event. */
  id: z.string(),
  /** As in `payment.deviated`: `dispute-opened`. */
  kind: z.string(),
  /** Of that kind within the last day. */
  count: z.int(),
  /** It stands for those after it, too, which are not listed. */
  isTooMany: z.boolean(),
  orderId: z.string(),
  amount: z.object({ amount: z.number(), currency: z.string() }),
  at: z.date(),
})

/** Of each kind, so many are listed one by one. */
const MOST = 20

/** What was told within the last day, the oldest first: whatever comes, those that are listed stay for their day. */
export function listDeviations(db: Database): Promise<Deviation[]> {
  return readRows(db, Deviation)`
    WITH told AS MATERIALIZED (
      SELECT id::text, data->>'kind' AS kind, data->>'orderId' AS order_id, data->'amount' AS amount, occurred_at AS at, position
      FROM events WHERE type = 'payment.deviated' AND occurred_at > clock_timestamp() - interval '1 day'
    ), counted AS (
      SELECT *, (count(*) OVER kinds)::int AS count, row_number() OVER (kinds ORDER BY position) AS number
      FROM told WINDOW kinds AS (PARTITION BY kind)
    )
    SELECT id, kind, count, number > ${MOST} AS "isTooMany", order_id AS "orderId", amount, at
    FROM counted WHERE number <= ${MOST} + 1 ORDER BY position`
}

/** Milliseconds that a scrape waits for PostgreSQL. */
const PATIENCE_MS = 1_000

/** The same as a metric, which is absent while PostgreSQL is away. Call once per process. */
export function measureDeviations(db: Database): void {
  new Gauge({
    name: 'fanfare_payment_deviations',
    help: 'What has happened at the payment provider within the last day and is not in the books.',
    labelNames: ['kind'],
    async collect() {
      const rows = await inTime(listDeviations(db), PATIENCE_MS).catch(() => [])
      this.reset()
      for (const { kind, count } of rows) this.set({ kind }, count)
    },
  })
}
