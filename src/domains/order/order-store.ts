import { z } from 'zod'
import type { DataOf } from '#messaging'
import { Address, Customer, OrderLine, RejectionReason, type OrderPlaced } from '#events'
import { readRow, readRows, row, type Database, type Transaction } from '#platform/database'
import type { Order } from './state/order.ts'
import { ORDER_STATUSES, type OrderStatus } from './state/order-states.ts'

/** An order with its times, as its row and lines tell. */
export interface StoredOrder extends Order {
  readonly placedAt: Date
  readonly updatedAt: Date
}

type PlacedData = DataOf<typeof OrderPlaced>

const Placed = row({ placedAt: z.date() })

/**
 * Writes new orders and their lines, in one statement for any number.
 * @returns when they were placed, by the clock of the database: it decides when they expire
 */
export async function insertOrders(tx: Transaction, placed: readonly PlacedData[]): Promise<Date> {
  const { placedAt } = await readRow(tx, Placed)`
    WITH new AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(placed)}::jsonb)
        AS row("orderId" uuid, customer jsonb, "shippingAddress" jsonb, total jsonb, lines jsonb)
    ), placed AS (
      INSERT INTO orders (id, status, customer, shipping_address, total, currency, placed_at, updated_at)
      SELECT "orderId", 'placed', customer, "shippingAddress", (total->>'amount')::bigint, total->>'currency',
        date_trunc('milliseconds', now()), date_trunc('milliseconds', now())
      FROM new
    ), lines AS (
      INSERT INTO order_lines (order_id, line, sku, name, quantity, unit_price)
      SELECT "orderId", line, sku, name, quantity, "unitPrice"
      FROM new, ROWS FROM (jsonb_to_recordset(lines) AS (sku text, name text, quantity int, "unitPrice" int))
        WITH ORDINALITY AS l(sku, name, quantity, "unitPrice", line)
    )
    SELECT date_trunc('milliseconds', now()) AS "placedAt"`
  return placedAt
}

const Verdict = z.enum(['pending', 'yes', 'no'])
const EndReason = z.enum([...RejectionReason.options, 'payment-failed', 'cancelled-on-request', 'not-decided-in-time'])

type OrderRow = z.infer<typeof OrderRow>
const OrderRow = row({
  id: z.string(),
  status: z.enum(ORDER_STATUSES),
  stock: Verdict,
  payment: Verdict,
  fraud: Verdict,
  capture: Verdict,
  arrived: z.boolean(),
  carrier: z.string().nullable(),
  trackingNumber: z.string().nullable(),
  reason: EndReason.nullable(),
  detail: z.string().nullable(),
  customer: Customer,
  shippingAddress: Address,
  amount: z.string(),
  currency: z.string(),
  placedAt: z.date(),
  updatedAt: z.date(),
})

/**
 * Orders by id, locked in order of id until the transaction ends: two transactions can only wait, never deadlock.
 * Lines are read where `wantsLines` says so, and are empty elsewhere.
 */
export async function lockOrders(
  tx: Transaction,
  ids: readonly string[],
  wantsLines = (_status: OrderStatus) => true,
): Promise<Map<string, StoredOrder>> {
  const rows = await readRows(tx, OrderRow)`
    SELECT id, status, stock, payment, fraud, capture, arrived, carrier, tracking_number AS "trackingNumber", reason, detail,
      customer, shipping_address AS "shippingAddress", total::text AS amount, currency,
      placed_at AS "placedAt", updated_at AS "updatedAt"
    FROM orders WHERE id = ANY(${[...ids]}::uuid[]) ORDER BY id FOR UPDATE`
  const wanted = rows.flatMap(({ id, status }) => (wantsLines(status) ? [id] : []))
  const lines = await linesOf(tx, wanted)
  return new Map(rows.map((row) => [row.id, toOrder(row, lines.get(row.id) ?? [])]))
}

/** One order without a lock. */
export async function findOrder(db: Database | Transaction, id: string): Promise<StoredOrder | undefined> {
  const row = await db.order.findUnique({ where: { id } })
  if (!row) return undefined
  const lines = await linesOf(db, [id])
  const amount = String(row.total)
  return toOrder({ ...row, amount } as unknown as OrderRow, lines.get(id) ?? [])
}

const LinesRow = row({ orderId: z.string(), lines: z.array(OrderLine) })

async function linesOf(db: Database | Transaction, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, Order['lines']>()
  const rows = await readRows(db, LinesRow)`
    SELECT order_id AS "orderId", jsonb_agg(jsonb_build_object(
      'sku', sku, 'name', name, 'quantity', quantity, 'unitPrice', unit_price) ORDER BY line) AS lines
    FROM order_lines WHERE order_id = ANY(${[...ids]}::uuid[]) GROUP BY order_id`
  return new Map(rows.map(({ orderId, lines }) => [orderId, lines]))
}

function toOrder({ amount, currency, ...row }: OrderRow, lines: Order['lines']): StoredOrder {
  return { ...row, lines, total: { amount: Number(amount), currency } }
}

/** Writes what may change of orders that are locked, in one statement. */
export async function updateOrders(tx: Transaction, orders: readonly Order[], now: Date): Promise<void> {
  const rows = orders.map(
    ({ id, status, stock, payment, fraud, capture, arrived, carrier, trackingNumber, reason, detail }) => ({
      id,
      status,
      stock,
      payment,
      fraud,
      capture,
      arrived,
      carrier,
      trackingNumber,
      reason,
      detail,
    }),
  )
  await tx.$executeRaw`
    UPDATE orders SET status = row.status, stock = row.stock, payment = row.payment, fraud = row.fraud,
      capture = row.capture, arrived = row.arrived, carrier = row.carrier, tracking_number = row."trackingNumber",
      reason = row.reason, detail = row.detail, updated_at = ${now}::timestamptz
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row(
      id uuid, status text, stock text, payment text, fraud text, capture text, arrived boolean,
      carrier text, "trackingNumber" text, reason text, detail text)
    WHERE orders.id = row.id`
}

/** Who to write to about an order. */
export async function customerOf(db: Database | Transaction, orderId: string): Promise<Customer | undefined> {
  const row = await db.order.findUnique({ where: { id: orderId }, select: { customer: true } })
  return row ? (row.customer as Customer) : undefined
}
