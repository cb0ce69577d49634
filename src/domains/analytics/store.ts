import { z } from 'zod'
import { readRows, row, type Transaction } from '#platform/database'
import { dailyOf, learn, negative, productsOf } from './sale.ts'
import type { DailyAddend, ProductAddend, Sale, SaleFact } from './sale.ts'

/**
 * Counts a batch of facts. Each order's row remembers what was told of it, and the counters change by the difference:
 * the sums are the same whatever order facts arrive in, and a fact told twice counts once.
 * Locks orders, then days, then products, each sorted, so that batches cannot deadlock.
 */
export async function recordSales(tx: Transaction, facts: readonly SaleFact[]): Promise<void> {
  const before = await lockSales(tx, [...new Set(facts.map(({ data }) => data.orderId))])
  const after = new Map(before)
  for (const fact of facts) after.set(fact.data.orderId, learn(after.get(fact.data.orderId)!, fact))
  await storeSales(tx, [...after.values()])
  await addToDays(tx, [...after.values()].flatMap(dailyOf).concat([...before.values()].flatMap(dailyOf).map(negative)))
  await addToProducts(
    tx,
    [...after.values()].flatMap(productsOf).concat([...before.values()].flatMap(productsOf).map(negative)),
  )
}

const SoldLine = z.strictObject({ sku: z.string(), quantity: z.int(), amount: z.int() })

type SaleRow = z.infer<typeof SaleRow>
const SaleRow = row({
  orderId: z.string(),
  currency: z.string().nullable(),
  total: z.number().nullable(),
  lines: z.array(SoldLine).nullable(),
  placedOn: z.string().nullable(),
  confirmedOn: z.string().nullable(),
  rejectedOn: z.string().nullable(),
  cancelledOn: z.string().nullable(),
})

async function lockSales(tx: Transaction, orderIds: readonly string[]): Promise<Map<string, Sale>> {
  // The idle update locks the rows that are there already and returns them as well.
  const rows = await readRows(tx, SaleRow)`
    INSERT INTO order_sales (order_id)
    SELECT order_id FROM unnest(${orderIds}::uuid[]) AS asked(order_id) ORDER BY order_id
    ON CONFLICT (order_id) DO UPDATE SET order_id = excluded.order_id
    RETURNING order_id AS "orderId", currency, total::float8, lines, placed_on::text AS "placedOn",
      confirmed_on::text AS "confirmedOn", rejected_on::text AS "rejectedOn", cancelled_on::text AS "cancelledOn"`
  return new Map(rows.map((row) => [row.orderId, withoutNulls(row)]))
}

function withoutNulls(row: SaleRow): Sale {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as unknown as Sale
}

async function storeSales(tx: Transaction, sales: readonly Sale[]): Promise<void> {
  await tx.$executeRaw`
    UPDATE order_sales AS s
    SET currency = now.currency, total = now.total, lines = now.lines, placed_on = now."placedOn",
      confirmed_on = now."confirmedOn", rejected_on = now."rejectedOn", cancelled_on = now."cancelledOn"
    FROM jsonb_to_recordset(${JSON.stringify(sales)}::jsonb) AS now("orderId" uuid, currency text, total bigint,
      lines jsonb, "placedOn" date, "confirmedOn" date, "rejectedOn" date, "cancelledOn" date)
    WHERE s.order_id = now."orderId"`
}

async function addToDays(tx: Transaction, addends: readonly DailyAddend[]): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO daily_sales AS d (day, currency, placed, confirmed, rejected, cancelled, revenue)
    SELECT day, currency,
      coalesce(sum(orders) FILTER (WHERE what = 'placed'), 0), coalesce(sum(orders) FILTER (WHERE what = 'confirmed'), 0),
      coalesce(sum(orders) FILTER (WHERE what = 'rejected'), 0), coalesce(sum(orders) FILTER (WHERE what = 'cancelled'), 0),
      sum(revenue)
    FROM jsonb_to_recordset(${JSON.stringify(addends)}::jsonb)
      AS addend(day date, currency text, what text, orders int, revenue bigint)
    GROUP BY day, currency ORDER BY day, currency
    ON CONFLICT (day, currency) DO UPDATE SET placed = d.placed + excluded.placed,
      confirmed = d.confirmed + excluded.confirmed, rejected = d.rejected + excluded.rejected,
      cancelled = d.cancelled + excluded.cancelled, revenue = d.revenue + excluded.revenue`
}

async function addToProducts(tx: Transaction, addends: readonly ProductAddend[]): Promise<void> {
  if (addends.length === 0) return
  await tx.$executeRaw`
    INSERT INTO product_sales AS p (day, sku, currency, quantity, revenue)
    SELECT day, sku, currency, sum(quantity), sum(revenue)
    FROM jsonb_to_recordset(${JSON.stringify(addends)}::jsonb)
      AS addend(day date, sku text, currency text, quantity int, revenue bigint)
    GROUP BY day, sku, currency HAVING sum(quantity) <> 0 OR sum(revenue) <> 0 ORDER BY day, sku, currency
    ON CONFLICT (day, sku, currency) DO UPDATE
    SET quantity = p.quantity + excluded.quantity, revenue = p.revenue + excluded.revenue`
}
