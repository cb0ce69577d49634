import { z } from 'zod'
import type { ProjectionTransaction } from '#messaging'
import { readRows, row } from '#platform/database'
import { countSale, type DayAddend, type OpenOrder, type ProductAddend, type SaleFact } from './sale.ts'

export const SALES_TABLES = [
  `CREATE TABLE by_country (
    day date, country text, currency text,
    placed int NOT NULL, confirmed int NOT NULL, rejected int NOT NULL, cancelled int NOT NULL, expired int NOT NULL,
    revenue bigint NOT NULL, -- confirmed less cancelled after confirmation, in minor units
    PRIMARY KEY (day, country, currency)
  )`,
  `CREATE TABLE by_product (
    day date, sku text, currency text, quantity int NOT NULL, revenue bigint NOT NULL, PRIMARY KEY (day, sku, currency)
  )`,
  // What a cancellation takes back; gone when the order is shipped or has ended.
  `CREATE TABLE open_orders (
    order_id uuid PRIMARY KEY, country text NOT NULL, currency text NOT NULL, total bigint NOT NULL, lines jsonb NOT NULL
  )`,
]

/** Counts a batch of facts: one read, and one write to each table. */
export async function applyToSales(facts: readonly SaleFact[], tx: ProjectionTransaction): Promise<void> {
  const before = await readOpen(tx, [...new Set(facts.map(({ data }) => data.orderId))])
  const open = new Map<string, OpenOrder | undefined>(before)
  const days: DayAddend[] = []
  const products: ProductAddend[] = []
  for (const fact of facts) {
    const { orderId } = fact.data
    const counted = countSale(open.get(orderId), fact)
    open.set(orderId, counted.open)
    if (counted.day) days.push(counted.day)
    products.push(...counted.products)
  }
  await writeOpen(tx, before, open)
  await addToDays(tx, days)
  await addToProducts(tx, products)
}

const SoldLine = z.strictObject({ sku: z.string(), quantity: z.int(), amount: z.int() })
const OpenRow = row({
  orderId: z.string(),
  country: z.string(),
  currency: z.string(),
  total: z.number(),
  lines: z.array(SoldLine),
})

async function readOpen(tx: ProjectionTransaction, ids: readonly string[]): Promise<Map<string, OpenOrder>> {
  const rows = await readRows(tx, OpenRow)`
    SELECT order_id AS "orderId", country, currency, total::float8, lines FROM open_orders
    WHERE order_id = ANY(${ids}::uuid[])`
  return new Map(rows.map((one) => [one.orderId, one]))
}

/** What was opened and has ended within one batch is never written. */
async function writeOpen(
  tx: ProjectionTransaction,
  before: ReadonlyMap<string, OpenOrder>,
  after: ReadonlyMap<string, OpenOrder | undefined>,
) {
  const ended = [...before.keys()].filter((id) => after.get(id) === undefined)
  const changed = [...after.values()].filter((order) => order && order !== before.get(order.orderId))
  if (ended.length > 0) await tx.$executeRaw`DELETE FROM open_orders WHERE order_id = ANY(${ended}::uuid[])`
  if (changed.length === 0) return
  await tx.$executeRaw`
    INSERT INTO open_orders (order_id, country, currency, total, lines)
    SELECT "orderId", country, currency, total, lines
    FROM jsonb_to_recordset(${JSON.stringify(changed)}::jsonb)
      AS row("orderId" uuid, country text, currency text, total bigint, lines jsonb)
    ON CONFLICT (order_id) DO UPDATE SET country = excluded.country, currency = excluded.currency,
      total = excluded.total, lines = excluded.lines`
}

async function addToDays(tx: ProjectionTransaction, addends: readonly DayAddend[]): Promise<void> {
  if (addends.length === 0) return
  await tx.$executeRaw`
    INSERT INTO by_country AS c (day, country, currency, placed, confirmed, rejected, cancelled, expired, revenue)
    SELECT day, country, currency, count(*) FILTER (WHERE what = 'placed'), count(*) FILTER (WHERE what = 'confirmed'),
      count(*) FILTER (WHERE what = 'rejected'), count(*) FILTER (WHERE what = 'cancelled'),
      count(*) FILTER (WHERE what = 'expired'), sum(revenue)
    FROM jsonb_to_recordset(${JSON.stringify(addends)}::jsonb)
      AS addend(day date, country text, currency text, what text, revenue bigint)
    GROUP BY day, country, currency
    ON CONFLICT (day, country, currency) DO UPDATE SET placed = c.placed + excluded.placed,
      confirmed = c.confirmed + excluded.confirmed, rejected = c.rejected + excluded.rejected,
      cancelled = c.cancelled + excluded.cancelled, expired = c.expired + excluded.expired,
      revenue = c.revenue + excluded.revenue`
}

async function addToProducts(tx: ProjectionTransaction, addends: readonly ProductAddend[]): Promise<void> {
  if (addends.length === 0) return
  await tx.$executeRaw`
    INSERT INTO by_product AS p (day, sku, currency, quantity, revenue)
    SELECT day, sku, currency, sum(quantity), sum(revenue)
    FROM jsonb_to_recordset(${JSON.stringify(addends)}::jsonb)
      AS addend(day date, sku text, currency text, quantity int, revenue bigint)
    GROUP BY day, sku, currency
    ON CONFLICT (day, sku, currency) DO UPDATE
    SET quantity = p.quantity + excluded.quantity, revenue = p.revenue + excluded.revenue`
}
