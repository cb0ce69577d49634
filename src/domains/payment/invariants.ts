import { z } from 'zod'
import { readRows, row, type Database, type Transaction } from '#platform/database'

/** Sums of one currency, in minor units. held = authorized - captured - voided; taken = captured - refunded. */
export type MoneyTotals = Omit<z.infer<typeof MoneyTotals>, 'currency'>
const MoneyTotals = row({
  currency: z.string(),
  authorized: z.number(),
  captured: z.number(),
  voided: z.number(),
  refunded: z.number(),
  held: z.number(),
  taken: z.number(),
})

/** What the ledger adds up to, by ISO 4217 code; comparable with the gateway's own totals. */
export async function moneyTotals(db: Database | Transaction): Promise<Record<string, MoneyTotals>> {
  const rows = await readRows(db, MoneyTotals)`
    SELECT currency,
           coalesce(sum(held) FILTER (WHERE kind = 'authorized'), 0)::float8 AS authorized,
           coalesce(sum(taken) FILTER (WHERE kind = 'captured'), 0)::float8 AS captured,
           coalesce(-sum(held) FILTER (WHERE kind = 'voided'), 0)::float8 AS voided,
           coalesce(-sum(taken) FILTER (WHERE kind = 'refunded'), 0)::float8 AS refunded,
           sum(held)::float8 AS held, sum(taken)::float8 AS taken
    FROM payment_ledger GROUP BY currency ORDER BY currency`
  return Object.fromEntries(rows.map(({ currency, ...totals }) => [currency, totals]))
}

const WrongPayment = row({ orderId: z.string(), status: z.string(), expected: z.string(), booked: z.string() })

/** A sentence for every payment whose status is not what its ledger entries add up to; empty when all is well. */
export async function wrongPayments(db: Database | Transaction): Promise<string[]> {
  const wrong = await readRows(db, WrongPayment)`
    WITH booked AS (
      SELECT order_id, sum(held) AS held, sum(taken) AS taken FROM payment_ledger GROUP BY order_id
    ), compared AS (
      SELECT coalesce(payments.order_id, booked.order_id) AS "orderId", coalesce(status, 'unknown') AS status,
             format('%s held, %s taken', CASE WHEN status IN ('authorized', 'failed') THEN amount ELSE 0 END,
                    CASE WHEN status = 'captured' THEN amount - refunded ELSE 0 END) AS expected,
             format('%s held, %s taken', coalesce(held, 0), coalesce(taken, 0)) AS booked
      FROM payments FULL JOIN booked USING (order_id)
    )
    SELECT * FROM compared WHERE expected <> booked ORDER BY "orderId"`
  return wrong.map(
    ({ orderId, status, expected, booked }) => `${orderId} is ${status}, so ${expected}; the ledger says ${booked}`,
  )
}
