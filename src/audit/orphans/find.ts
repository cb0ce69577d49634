import { z } from 'zod'
import type { Hold, Orphan, PaymentGateway } from '#domains/payment'
import { DependencyUnavailable } from '#messaging'
import { readRows, row, type Database, type Transaction } from '#platform/database'

/** How far back is looked, in milliseconds before now. */
export interface Window {
  /** What is younger than this is left alone: its order may be under way. */
  graceMs: number
  /** What the gateway was asked for earlier than this is not looked at: the gateway lists newest first. */
  gatewaySinceMs: number
}

export type OrphanMoney = Orphan & { since: Date }

export type OrphanReservation = z.infer<typeof OrphanReservation>
const OrphanReservation = row({ orderId: z.string(), since: z.date(), pieces: z.int() })

/**
 * Money that the gateway holds or has taken for orders that this database does not know, and how many of those that it
 * was asked for are known. References that are no order's number are somebody else's.
 * @throws DependencyUnavailable when the gateway does not tell
 */
export async function findMoney(
  db: Database | Transaction,
  gateway: PaymentGateway,
  { graceMs, gatewaySinceMs }: Window,
): Promise<{ unknown: OrphanMoney[]; known: number }> {
  const now = Date.now()
  const unknown: OrphanMoney[] = []
  let known = 0
  for await (const page of pagesOf(gateway, new Date(now - gatewaySinceMs))) {
    const ours = page.filter(({ reference }) => ORDER_ID.test(reference))
    const strangers = await withoutOrder(
      db,
      ours.map(({ reference }) => reference),
    )
    known += ours.length - ours.filter(({ reference }) => strangers.has(reference)).length
    for (const { reference: orderId, created: since, ...hold } of ours)
      if (strangers.has(orderId) && now - since.getTime() >= graceMs) unknown.push({ ...hold, orderId, since })
  }
  return { unknown, known }
}

/** Whatever keeps the gateway from telling, be it away, slow or of another kind, is told as one thing. */
async function* pagesOf(gateway: PaymentGateway, since: Date): AsyncGenerator<readonly Hold[]> {
  try {
    yield* gateway.open(since)
  } catch (cause) {
    throw new DependencyUnavailable(`The payment gateway does not tell what it holds: ${(cause as Error).message}`, {
      cause,
    })
  }
}

const PaymentRow = row({
  orderId: z.string(),
  authorizationId: z.string(),
  minor: z.bigint(),
  currency: z.string(),
  since: z.date(),
  state: z.enum(['authorized', 'captured']),
})

/**
 * Payments of ours that are held or taken, whose order this database does not know: an event of a lost order was handled,
 * or letting go of its money was broken off.
 */
export async function findPayments(db: Database, graceMs: number): Promise<OrphanMoney[]> {
  const rows = await readRows(db, PaymentRow)`
    SELECT order_id AS "orderId", authorization_id AS "authorizationId", amount AS minor, currency, updated_at AS since,
      CASE status WHEN 'captured' THEN 'captured' ELSE 'authorized' END AS state
    FROM payments p
    WHERE status IN ('authorized', 'failed', 'captured') AND NOT EXISTS (SELECT FROM orders o WHERE o.id = p.order_id)
      AND updated_at < clock_timestamp() - ${graceMs}::float8 * interval '1 ms'
    ORDER BY updated_at`
  return rows.map(({ minor, currency, ...row }) => ({ ...row, amount: { amount: Number(minor), currency } }))
}

/** Goods that are set aside for orders that this database does not know. Those that were shipped cannot be given back. */
export function findReservations(db: Database, graceMs: number): Promise<OrphanReservation[]> {
  return readRows(db, OrphanReservation)`
    SELECT order_id AS "orderId", updated_at AS since, (
      SELECT coalesce(sum(quantity), 0)::int FROM jsonb_to_recordset(lines) AS line(sku text, quantity int)) AS pieces
    FROM reservations r
    WHERE status = 'reserved' AND NOT EXISTS (SELECT FROM orders o WHERE o.id = r.order_id)
      AND updated_at < clock_timestamp() - ${graceMs}::float8 * interval '1 ms'
    ORDER BY updated_at`
}

const ORDER_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/

const Stranger = row({ id: z.string() })

/** Which of these ids no order has, or had before it was deleted as an old one. */
export async function withoutOrder(db: Database | Transaction, ids: readonly string[]): Promise<Set<string>> {
  const rows = await readRows(db, Stranger)`
    SELECT id FROM unnest(${[...ids]}::uuid[]) AS asked(id) 
    WHERE NOT EXISTS (SELECT FROM orders o WHERE o.id = asked.id) AND NOT EXISTS (SELECT FROM deleted_orders d WHERE d.order_id = asked.id)`
  return new Set(rows.map(({ id }) => id))
}
