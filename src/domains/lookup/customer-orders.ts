import { z } from 'zod'
import { stateAfter, type OrderPlaced } from '#events'
import type { ProjectionTransaction, RecordedOf } from '#messaging'
import { readRows, row, type Database } from '#platform/database'
import { personOf, subjectOf } from '#platform/sealing'
import { Prisma } from '#prisma'
import type { OrderState } from './order-facts.ts'
import { ownedBy, type Wanted } from './wanted.ts'

export const CUSTOMER_TABLES = [
  `CREATE TABLE orders (
    order_id uuid PRIMARY KEY, customer text NOT NULL, status text NOT NULL, total bigint NOT NULL, currency text NOT NULL,
    placed_at timestamptz NOT NULL, updated_at timestamptz NOT NULL
  ) WITH (fillfactor = 70)`,
  'CREATE INDEX ON orders (customer, order_id)',
]

/** What the orders of one person have in common, without saying who they are. */
const customerKey = ({ data, personal }: RecordedOf<typeof OrderPlaced>) =>
  personal?.person ?? subjectOf(data.customer.email)

interface OrderRow {
  orderId: string
  customer: string
  status: string
  total: number
  currency: string
  placedAt: Date
  updatedAt: Date
}

/** New orders are inserted as they are after the batch; those of before get their new status. */
export async function applyToCustomers(facts: readonly OrderState[], tx: ProjectionTransaction): Promise<void> {
  const added = new Map<string, OrderRow>()
  const changed = new Map<string, Pick<OrderRow, 'orderId' | 'status' | 'updatedAt'>>()
  for (const fact of facts) {
    const { type, data, time } = fact
    const { orderId } = data
    const state = { orderId, status: stateAfter(type), updatedAt: time }
    if (fact.type === 'order.placed') {
      const { amount: total, currency } = fact.data.total
      added.set(orderId, { ...state, customer: customerKey(fact), total, currency, placedAt: time })
    } else if (added.has(orderId)) added.set(orderId, { ...added.get(orderId)!, ...state })
    else changed.set(orderId, state)
  }
  await insertOrders(tx, [...added.values()])
  await updateOrders(tx, [...changed.values()])
}

async function insertOrders(tx: ProjectionTransaction, rows: readonly OrderRow[]) {
  if (rows.length === 0) return
  await tx.$executeRaw`
    INSERT INTO orders (order_id, customer, status, total, currency, placed_at, updated_at)
    SELECT "orderId", customer, status, total, currency, "placedAt", "updatedAt"
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row("orderId" uuid, customer text, status text, total bigint,
      currency text, "placedAt" timestamptz, "updatedAt" timestamptz)`
}

async function updateOrders(tx: ProjectionTransaction, rows: readonly object[]) {
  if (rows.length === 0) return
  await tx.$executeRaw`
    UPDATE orders AS o SET status = row.status, updated_at = row."updatedAt"
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row("orderId" uuid, status text, "updatedAt" timestamptz)
    WHERE o.order_id = row."orderId"`
}

const FoundOrder = row({
  id: z.string(),
  status: z.string(),
  total: z.number(),
  currency: z.string(),
  placedAt: z.date(),
  updatedAt: z.date(),
})

/** The orders of one person, the newest first. */
export async function ordersOfCustomer(db: Database, email: string, { cursor, limit, owner }: Wanted) {
  const person = await personOf(db, email)
  const customer = [...(person ? [person] : []), subjectOf(email)] // the second of orders from before there were persons
  const before = cursor ? Prisma.sql`AND order_id < ${cursor}::uuid` : Prisma.empty
  return readRows(db, FoundOrder)`
    SELECT order_id AS id, status, total::float8, currency, placed_at AS "placedAt", updated_at AS "updatedAt"
    FROM projection_lookup_customer_orders.orders AS found
    WHERE customer = ANY(${customer}::text[]) ${before} ${ownedBy(owner)}
    ORDER BY order_id DESC LIMIT ${limit}`
}
