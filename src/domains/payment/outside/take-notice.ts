import { hash } from 'node:crypto'
import { z } from 'zod'
import { PaymentDeviated, PaymentRefunded } from '#events'
import { append, type Append } from '#messaging'
import type { Notice } from '#payment-gateway'
import { readRow, readRows, row, type Database, type Transaction } from '#platform/database'
import { keepPayments, paymentOf } from '../store.ts'
import { insertRefund, refundsOf, settleRefunds } from '../refunds/store.ts'
import { decideNotice } from './decide-notice.ts'

/** `stranger`: no order of this database has such a hold. `known`: it was taken before. `later`: what it is about is under way here. */
export type Taken = 'noted' | 'nothing' | 'known' | 'later' | 'stranger'

/**
 * Books what somebody has done at the provider, or tells of it in the order's story: once for each notice, in one transaction. A refund becomes one of
 * the order's refunds. What the books have no room for is published as `payment.deviated`, and they stay as they are.
 */
export function takeNotice(db: Database, notice: Notice): Promise<Taken> {
  return db.$transaction(async (tx) => {
    const orderId = await lockPaymentWith(tx, notice.authorizationId)
    if (orderId === undefined) return (await isUnderWay(tx, notice.authorizationId)) ? 'later' : 'stranger'
    const ours = (await refundsOf(tx, orderId)).find(({ id }) => notice.askedUnder === `refund:${id}`)
    const verdict = decideNotice(await paymentOf(tx, orderId), notice, ours?.status)
    if (verdict === 'nothing' || verdict === 'later') return verdict
    const now = new Date()
    if (!(await isNew(tx, notice, orderId, now))) return 'known'
    const event = verdict === 'book' ? await bookRefund(tx, orderId, notice, now) : deviated(orderId, notice)
    await append(tx, [{ event, correlationId: orderId, actor: `stripe/${notice.id}` }])
    return 'noted'
  })
}

const Found = row({ orderId: z.string() })

async function lockPaymentWith(tx: Transaction, authorizationId: string): Promise<string | undefined> {
  // The condition is that of the index, word for word.
  const [found] = await readRows(tx, Found)`
    SELECT order_id AS "orderId" FROM payments
    WHERE authorization_id = ${authorizationId} AND authorization_id LIKE 'pi\\_%' FOR UPDATE`
  return found?.orderId
}

const UnderWay = row({ isUnderWay: z.boolean() })

/** The provider was asked, and its answer is not booked, or was this moment: both are looked for in one statement, which sees one moment. */
async function isUnderWay(tx: Transaction, id: string): Promise<boolean> {
  const { isUnderWay } = await readRow(tx, UnderWay)`
    SELECT EXISTS (SELECT FROM payment_tokens WHERE prepared = ${id} AND prepared LIKE 'pi\\_%')
      OR EXISTS (SELECT FROM payments WHERE authorization_id = ${id} AND authorization_id LIKE 'pi\\_%') AS "isUnderWay"`
  return isUnderWay
}

/** Stripe may tell of one refund in two events, each with an id of its own: https://docs.stripe.com/webhooks#handle-duplicate-events */
async function isNew(tx: Transaction, { id, kind, about }: Notice, orderId: string, now: Date): Promise<boolean> {
  const stored = await tx.$executeRaw`
    INSERT INTO provider_events (id, order_id, kind, received_at)
    SELECT id, ${orderId}::uuid, ${kind}, ${now} FROM unnest(${[id, `${kind} ${about}`]}::text[]) AS told(id)
    ON CONFLICT (id) DO NOTHING`
  return stored === 2
}

/**
 * Forgets at most `limit` of what was told longer ago. Stripe sends an event again for 3 days by itself, and for 30 by hand; a refund that
 * is booked is not booked again after that either, by its id. @returns how many
 */
export function pruneNotices(
  db: Database,
  { olderThanMs, limit }: { olderThanMs: number; limit: number },
): Promise<number> {
  return db.$executeRaw`
    DELETE FROM provider_events WHERE id IN (
      SELECT id FROM provider_events WHERE received_at < now() - ${olderThanMs}::float8 * interval '1 ms' LIMIT ${limit})`
}

async function bookRefund(
  tx: Transaction,
  orderId: string,
  { amount: money, about }: Notice,
  now: Date,
): Promise<Append['event']> {
  const { amount, currency } = money
  const id = refundId(about)
  const facts = [
    { kind: 'refund-requested', amount },
    { kind: 'refunded', amount, refundId: id },
  ] as const
  await keepPayments(tx, [orderId], now, () => ({ facts }))
  await insertRefund(tx, { id, orderId, amount, currency, reason: 'other', lines: [], shipping: false }, now)
  await settleRefunds(tx, [{ id, code: null }], now)
  return PaymentRefunded({ orderId, amount: money, refundId: id })
}

const deviated = (orderId: string, { id, kind, amount, detail }: Notice) =>
  PaymentDeviated({ orderId, kind, amount, detail, providerEventId: id })

/** The same refund of the provider has the same id here. A UUID of version 8 (RFC 9562). */
function refundId(refund: string): string {
  const hex = hash('sha256', refund, 'hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
