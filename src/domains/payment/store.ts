import { z } from 'zod'
import { readRows, row, type Database, type Transaction } from '#platform/database'
import { entryOf, evolve, unknownPayment, type Fact, type Payment } from './payment.ts'

type PaymentRow = z.infer<typeof PaymentRow>
const PaymentRow = row({
  orderId: z.string(),
  status: z.enum(['pending', 'authorized', 'captured', 'refunded', 'voided', 'declined', 'failed']),
  closed: z.boolean(),
  authorizationId: z.string().nullable(),
  amount: z.bigint().nullable(),
  currency: z.string().nullable(),
  refunded: z.bigint(),
  refunding: z.bigint(),
})

/** What is known of an order's money right now, unlocked; pending when nothing is. */
export async function paymentOf(db: Database | Transaction, orderId: string): Promise<Payment> {
  const row = await db.payment.findUnique({ where: { orderId } })
  return row ? toPayment(row as PaymentRow) : unknownPayment
}

/** Facts that follow from an event, and what it publishes. */
export interface Change<Published> {
  facts: readonly Fact[]
  publish?: Published
}

/**
 * Locks the payments of these orders, in order of id and in one statement, lets `decide` see each of them, then writes
 * and books what it decided. An order may appear more than once: later ones see what earlier ones have changed.
 */
export async function keepPayments<Published>(
  tx: Transaction,
  orderIds: readonly string[],
  now: Date,
  decide: (payment: Payment, index: number) => Change<Published>,
): Promise<(Published | undefined)[]> {
  const payments = await claim(tx, new Set(orderIds), now)
  const changed = new Set<string>()
  const entries: object[] = []
  const published = orderIds.map((orderId, index) => {
    const { facts, publish } = decide(payments.get(orderId)!, index)
    for (const fact of facts) {
      const next = evolve(payments.get(orderId)!, fact)
      const entry = entryOf(fact, next.amount?.amount ?? 0)
      if (entry) entries.push({ orderId, currency: next.amount!.currency, ...entry })
      payments.set(orderId, next)
      changed.add(orderId)
    }
    return publish
  })
  await save(
    tx,
    [...changed].map((orderId) => ({ orderId, ...payments.get(orderId)! })),
    now,
  )
  await book(tx, entries, now)
  return published
}

/** Locks the payments of all of these, in order of id, until the transaction ends. */
export async function lockPayments(
  tx: Transaction,
  of: readonly { data: { orderId: string } }[],
  now: Date,
): Promise<void> {
  await claim(tx, new Set(of.map(({ data }) => data.orderId)), now)
}

async function claim(tx: Transaction, orderIds: ReadonlySet<string>, now: Date): Promise<Map<string, Payment>> {
  const rows = await readRows(tx, PaymentRow)`
    INSERT INTO payments (order_id, status, updated_at)
    SELECT order_id, 'pending', ${now} FROM unnest(${[...orderIds]}::uuid[]) AS wanted(order_id) ORDER BY order_id
    ON CONFLICT (order_id) DO UPDATE SET status = payments.status
    RETURNING order_id AS "orderId", status, closed, authorization_id AS "authorizationId", amount, currency, refunded, refunding`
  return new Map(rows.map((row) => [row.orderId, toPayment(row)]))
}

/** The gateway's answer is booked and the payment token forgotten in one statement. */
async function save(tx: Transaction, payments: readonly (Payment & { orderId: string })[], now: Date): Promise<void> {
  if (payments.length === 0) return
  const rows = payments.map(({ amount, ...payment }) => ({ ...payment, ...amount }))
  await tx.$executeRaw`
    WITH kept AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        AS row("orderId" uuid, status text, closed boolean, "authorizationId" text, amount bigint, currency text, refunded bigint, refunding bigint)
    ), forgotten AS (
      DELETE FROM payment_tokens USING kept WHERE payment_tokens.order_id = kept."orderId" AND kept.status <> 'pending'
    )
    UPDATE payments SET status = kept.status, closed = kept.closed, authorization_id = kept."authorizationId",
           amount = kept.amount, currency = kept.currency, refunded = kept.refunded, refunding = kept.refunding, updated_at = ${now}
    FROM kept WHERE payments.order_id = kept."orderId"`
}

async function book(tx: Transaction, entries: readonly object[], now: Date): Promise<void> {
  if (entries.length === 0) return
  await tx.$executeRaw`
    INSERT INTO payment_ledger (order_id, kind, refund_id, held, taken, currency, booked_at)
    SELECT "orderId", kind, coalesce("refundId", '00000000-0000-0000-0000-000000000000'), held, taken, currency, ${now}
    FROM jsonb_to_recordset(${JSON.stringify(entries)}::jsonb)
      AS entry("orderId" uuid, kind text, "refundId" uuid, held bigint, taken bigint, currency text)`
}

function toPayment({ status, closed, authorizationId, amount, currency, ...back }: PaymentRow): Payment {
  const money = amount !== null && currency !== null ? { amount: Number(amount), currency } : null
  const { refunded, refunding } = back
  return { status, closed, authorizationId, amount: money, refunded: Number(refunded), refunding: Number(refunding) }
}
