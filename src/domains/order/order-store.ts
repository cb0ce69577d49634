import { z } from 'zod'
import type { DataOf } from '#messaging'
import { Address, Costs, Customer, Fulfillment, OrderLine, RejectionReason, type OrderPlaced } from '#events'
import type { Caller } from '#http'
import { Prisma } from '#prisma'
import { openHeldRows, openRows, sealDetails } from './personal-columns.ts'
import { readRow, readRows, row, type Database, type Transaction } from '#platform/database'
import type { VersionedOrder } from './state/fold.ts'
import type { Order } from './state/order.ts'
import { goneOf, hasParts, NO_PARTS, Parts } from './state/parts.ts'
import { ORDER_STATUSES, type OrderStatus } from './state/order-states.ts'

type PlacedData = DataOf<typeof OrderPlaced> & { payment: object; person?: string; sealed?: string }

/**
 * How another domain keeps the payment methods of new orders, which is not for this one to store: a statement that inserts
 * what it reads from the named rows, with the columns "orderId" (uuid) and payment (jsonb, as in the request). It becomes a
 * part of the statement that stores the orders, so it costs no round trip, and both commit or none.
 */
export type KeepPaymentMethods = (newOrders: Prisma.Sql) => Prisma.Sql

const Placed = row({ placedAt: z.date() })

/**
 * Writes new orders, their lines and their payment methods, in one statement for any number.
 * @param placed as their events are stored: what is personal in them is sealed
 * @returns when they were placed, by the clock of the database: it decides when they expire
 */
export async function insertOrders(
  tx: Transaction,
  placed: readonly (PlacedData & Pick<Caller, 'clientId' | 'test'>)[],
  keepPaymentMethods: KeepPaymentMethods,
): Promise<Date> {
  const { placedAt } = await readRow(tx, Placed)`
    WITH new AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(placed)}::jsonb)
        AS row("orderId" uuid, customer jsonb, "shippingAddress" jsonb, total jsonb, costs jsonb, fulfillment text, lines jsonb, payment jsonb, number text, reference text,
          "billingAddress" jsonb, note text, metadata jsonb, "clientId" uuid, test boolean,
          person uuid, sealed text)
    ), moment AS MATERIALIZED (
      SELECT clock_timestamp()::timestamptz(3) AS at
    ), placed AS (
      INSERT INTO orders (id, status, version, client_id, test, number, reference, customer, shipping_address, billing_address,
        note, metadata, person, sealed, total, currency, costs, fulfillment, placed_at, updated_at)
      SELECT "orderId", 'placed', 1, "clientId", test, number, reference, customer, "shippingAddress", "billingAddress",
        note, metadata, person, sealed, (total->>'amount')::bigint, total->>'currency', costs, fulfillment, at, at
      FROM new, moment
    ), lines AS (
      INSERT INTO order_lines (order_id, client_id, line, sku, name, quantity, unit_price)
      SELECT "orderId", "clientId", line, sku, name, quantity, "unitPrice"
      FROM new, ROWS FROM (jsonb_to_recordset(lines) AS (sku text, name text, quantity int, "unitPrice" int))
        WITH ORDINALITY AS l(sku, name, quantity, "unitPrice", line)
    ), kept AS (${keepPaymentMethods(Prisma.sql`new`)})
    SELECT at AS "placedAt" FROM moment`
  return placedAt
}

const Verdict = z.enum(['pending', 'yes', 'no'])
const EndReason = z.enum([...RejectionReason.options, 'payment-failed', 'cancelled-on-request', 'not-decided-in-time'])

type OrderRow = z.infer<typeof OrderRow>
const OrderRow = row({
  id: z.string(),
  number: z.string().nullable(),
  reference: z.string().nullable(),
  status: z.enum(ORDER_STATUSES),
  version: z.int(),
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
  billingAddress: Address.nullable(),
  sealed: z.string().nullable(),
  amount: z.string(),
  currency: z.string(),
  costs: Costs.nullable(),
  fulfillment: Fulfillment,
  parts: Parts.nullable(),
  isPartial: z.boolean(),
  note: z.string().nullable(),
  metadata: z.record(z.string(), z.string()).nullable(),
  placedAt: z.date(),
  updatedAt: z.date(),
})

const COLUMNS = Prisma.sql`id, number, reference, status, version, stock, payment, fraud, capture, arrived, carrier,
  tracking_number AS "trackingNumber", reason, detail, customer, shipping_address AS "shippingAddress",
  billing_address AS "billingAddress", sealed, total::text AS amount, currency, costs, coalesce(fulfillment, 'automatic') AS fulfillment, note, metadata, parts,
  parts_version <> version AS "isPartial", placed_at AS "placedAt", updated_at AS "updatedAt"`

/**
 * The rows of orders, locked in order of id until the transaction ends: two transactions can only wait, never deadlock.
 * Lines are read where `wantsLines` says so, and are empty elsewhere. None of the customers can be forgotten meanwhile.
 */
export async function lockRows(
  tx: Transaction,
  ids: readonly string[],
  wantsLines = (_status: OrderStatus) => true,
): Promise<VersionedOrder[]> {
  const rows = await readRows(tx, OrderRow)`
    SELECT ${COLUMNS} FROM orders WHERE id = ANY(${[...ids]}::uuid[]) ORDER BY id FOR UPDATE`
  return withLines(tx, await openHeldRows(tx, rows), wantsLines)
}

/** The same without a lock. */
export async function readOrderRows(db: Database | Transaction, ids: readonly string[]): Promise<VersionedOrder[]> {
  const rows = await readRows(
    db,
    OrderRow,
  )`SELECT ${COLUMNS} FROM orders WHERE id = ANY(${[...ids]}::uuid[]) ORDER BY id`
  return withLines(db, await openRows(db, rows))
}

/** The rows of the next orders by id, after one of them; without those whose events all lie in archives. */
export async function readOrderPage(
  db: Database | Transaction,
  after: string,
  limit: number,
): Promise<VersionedOrder[]> {
  const rows = await readRows(db, OrderRow)`
    SELECT ${COLUMNS} FROM orders WHERE id > ${after}::uuid AND NOT EXISTS (
      SELECT FROM streams s WHERE s.stream = 'order-' || orders.id AND s.archived >= s.version)
    ORDER BY id LIMIT ${limit}`
  return withLines(db, await openRows(db, rows))
}

async function withLines(
  db: Database | Transaction,
  rows: readonly OrderRow[],
  wantsLines = (_status: OrderStatus) => true,
): Promise<VersionedOrder[]> {
  const lines = await linesOf(
    db,
    rows.flatMap(({ id, status }) => (wantsLines(status) ? [id] : [])),
  )
  return rows.map((row) => toOrder(row, lines.get(row.id) ?? []))
}

const LinesRow = row({ orderId: z.string(), lines: z.array(OrderLine) })

/** The lines of orders, by id. */
export async function linesOf(db: Database | Transaction, ids: readonly string[]) {
  if (ids.length === 0) return new Map<string, Order['lines']>()
  const rows = await readRows(db, LinesRow)`
    SELECT order_id AS "orderId", jsonb_agg(jsonb_build_object(
      'sku', sku, 'name', name, 'quantity', quantity, 'unitPrice', unit_price) ORDER BY line) AS lines
    FROM order_lines WHERE order_id = ANY(${[...ids]}::uuid[]) GROUP BY order_id`
  return new Map(rows.map(({ orderId, lines }) => [orderId, lines]))
}

const BoughtRow = row({
  id: z.string(),
  status: z.enum(ORDER_STATUSES),
  currency: z.string(),
  costs: Costs.nullable(),
  parts: Parts.nullable(),
})

/** What was bought with an order, and what has become of its pieces; nothing personal. */
export interface Bought {
  readonly status: OrderStatus
  readonly currency: string
  readonly costs: Costs | null
  readonly lines: Order['lines']
  /** Pieces that were cancelled or came back, under the id of that, in the order in which the order told it. */
  readonly gone: ReturnType<typeof goneOf>
}

/** What was bought with orders, by id. Their rows are written together with what they decide, so this is the present. */
export async function boughtIn(db: Database | Transaction, ids: readonly string[]): Promise<Map<string, Bought>> {
  const lines = await linesOf(db, ids)
  const rows = await readRows(db, BoughtRow)`
    SELECT id, status, currency, costs, parts FROM orders WHERE id = ANY(${[...ids]}::uuid[])`
  return new Map(
    rows.map(({ id, parts, ...order }) => [
      id,
      { ...order, lines: lines.get(id) ?? [], gone: goneOf(wholeParts(parts)) },
    ]),
  )
}

/** Rows from before parcels, returns or cancelled lines were known have no member for them. */
const wholeParts = (stored: Partial<Parts> | null): Parts => (stored ? { ...NO_PARTS, ...stored } : NO_PARTS)

function toOrder({ amount, currency, sealed: _, parts, isPartial, ...row }: OrderRow, lines: Order['lines']) {
  const total = { amount: Number(amount), currency }
  return { ...row, lines, total, parts: wholeParts(parts), ...(isPartial && { isPartial }) } satisfies VersionedOrder
}

/** Writes what may change of orders that are locked, in one statement. */
export async function updateOrders(tx: Transaction, orders: readonly VersionedOrder[]): Promise<void> {
  if (orders.length === 0) return
  const details = await sealDetails(tx, orders)
  const rows = orders.map((order) => ({ ...changingOf(order), ...details.get(order.id) }))
  await tx.$executeRaw`
    UPDATE orders SET status = row.status, version = row.version, stock = row.stock, payment = row.payment, fraud = row.fraud,
      capture = row.capture, arrived = row.arrived, carrier = row.carrier, tracking_number = row."trackingNumber",
      parts = row.parts, parts_version = row.version, reason = row.reason, detail = row.detail, updated_at = row."updatedAt", sealed = coalesce(row.sealed, orders.sealed),
      person = coalesce(row.person, orders.person)
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row(
      id uuid, status text, version int, stock text, payment text, fraud text, capture text, arrived boolean,
      carrier text, "trackingNumber" text, parts jsonb, reason text, detail text, "updatedAt" timestamptz, sealed text, person uuid)
    WHERE orders.id = row.id`
}

function changingOf({ id, status, version, stock, payment, fraud, capture, arrived, ...order }: VersionedOrder) {
  const { carrier, trackingNumber, reason, detail, updatedAt } = order
  const parts = hasParts(order.parts) ? order.parts : null
  const asked = { stock, payment, fraud, capture }
  return { id, status, version, ...asked, arrived, carrier, trackingNumber, reason, detail, updatedAt, parts }
}

/** Who to write to about an order, and by what number they know it. */
export async function customerOf(
  db: Database | Transaction,
  orderId: string,
): Promise<{ customer: Customer; number?: string | undefined } | undefined> {
  const select = { id: true, number: true, customer: true, sealed: true }
  const row = await db.order.findUnique({ where: { id: orderId }, select })
  if (!row) return undefined
  const [opened] = await openRows(db, [row])
  return { customer: opened!.customer as Customer, number: row.number ?? undefined }
}
