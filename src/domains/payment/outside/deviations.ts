import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import { inTime } from '#platform/process/in-time'
import { Gauge } from '#platform/metrics'

/** Of one kind, what has happened at the payment provider and is not in the books. */
export type Deviations = z.infer<typeof Deviations>
const Deviations = row({
  /** As in `payment.deviated`: `dispute-opened`. */
  kind: z.string(),
  count: z.int(),
  /** The newest. */
  orderId: z.string(),
  amount: z.object({ amount: z.number(), currency: z.string() }),
  at: z.date(),
})

/** What was told within the last day, the newest kind first. */
export function listDeviations(db: Database): Promise<Deviations[]> {
  return readRows(db, Deviations)`
    WITH told AS MATERIALIZED (
      SELECT data->>'kind' AS kind, data->>'orderId' AS order_id, data->'amount' AS amount, occurred_at AS at, position
      FROM events WHERE type = 'payment.deviated' AND occurred_at > clock_timestamp() - interval '1 day'
    ), newest AS (
      SELECT DISTINCT ON (kind) *, count(*) OVER (PARTITION BY kind)::int AS count FROM told ORDER BY kind, position DESC
    )
    SELECT kind, count, order_id AS "orderId", amount, at FROM newest ORDER BY position DESC`
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
