import { z } from 'zod'
import { RefundReason } from '#events'
import { readRows, row, type Database, type Transaction } from '#platform/database'
import type { RefundedLine } from './refund-amount.ts'
import type { RefundView } from './schemas.ts'

export type Refund = z.infer<typeof RefundRow>
const RefundRow = row({
  id: z.string(),
  orderId: z.string(),
  amount: z.number(),
  currency: z.string(),
  reason: RefundReason,
  lines: z.array(z.object({ sku: z.string(), quantity: z.int(), amount: z.int() })),
  shipping: z.boolean(),
  status: z.enum(['requested', 'succeeded', 'failed']),
  code: z.string().nullable(),
  requestedAt: z.date(),
  settledAt: z.date().nullable(),
})

/** The refunds of an order, the oldest first. */
export const refundsOf = (db: Database | Transaction, orderId: string): Promise<Refund[]> =>
  readRows(db, RefundRow)`
    SELECT id, order_id AS "orderId", amount::float8, currency, reason, lines, shipping, status, code,
      requested_at AS "requestedAt", settled_at AS "settledAt"
    FROM refunds WHERE order_id = ${orderId}::uuid ORDER BY requested_at, id`

interface NewRow extends Pick<Refund, 'id' | 'orderId' | 'amount' | 'currency' | 'reason' | 'shipping'> {
  readonly lines: readonly RefundedLine[]
}

export async function insertRefund(tx: Transaction, refund: NewRow, now: Date): Promise<void> {
  const { id, orderId, amount, currency, reason, shipping } = refund
  await tx.$executeRaw`
    INSERT INTO refunds (id, order_id, amount, currency, reason, lines, shipping, status, requested_at)
    VALUES (${id}::uuid, ${orderId}::uuid, ${amount}, ${currency}, ${reason}, ${JSON.stringify(refund.lines)}::jsonb, ${shipping},
      'requested', ${now})`
}

const OpenRow = row({ id: z.string(), amount: z.number() })

/** The amounts of those of these refunds that are not settled. */
export async function openAmong(tx: Transaction, ids: readonly string[]): Promise<Map<string, number>> {
  const rows = await readRows(tx, OpenRow)`
    SELECT id, amount::float8 FROM refunds WHERE id = ANY(${[...ids]}::uuid[]) AND status = 'requested'`
  return new Map(rows.map(({ id, amount }) => [id, amount]))
}

/** How a refund has ended: with a code where it has failed. */
export interface Settled {
  readonly id: string
  readonly code: string | null
}

export async function settleRefunds(tx: Transaction, settled: readonly Settled[], now: Date): Promise<void> {
  if (settled.length === 0) return
  await tx.$executeRaw`
    UPDATE refunds SET status = CASE WHEN settled.code IS NULL THEN 'succeeded' ELSE 'failed' END, code = settled.code, settled_at = ${now}
    FROM jsonb_to_recordset(${JSON.stringify(settled)}::jsonb) AS settled(id uuid, code text)
    WHERE refunds.id = settled.id`
}

export function toRefundView({ amount, currency, lines, requestedAt, settledAt, ...refund }: Refund): RefundView {
  const money = (minor: number) => ({ amount: minor, currency })
  return {
    ...refund,
    amount: money(amount),
    lines: lines.map((line) => ({ ...line, amount: money(line.amount) })),
    requestedAt: requestedAt.toISOString(),
    settledAt: settledAt?.toISOString() ?? null,
  }
}
