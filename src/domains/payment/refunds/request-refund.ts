import { z } from 'zod'
import { findOrder, goneOf, missingOrder, piecesOf } from '#domains/order'
import { RefundRequested } from '#events'
import { reusedKey } from '#http'
import { append, RetryLater, type Append, type NewEvent } from '#messaging'
import { readRows, row, type Database, type Transaction } from '#platform/database'
import type { Payment } from '../payment.ts'
import { keepPayments, paymentOf } from '../store.ts'
import { askedForPieces } from './asked-for-pieces.ts'
import { refundAmount, type Earlier } from './refund-amount.ts'
import type { NewRefund } from './schemas.ts'
import { refundGone } from './refund-gone.ts'
import { insertRefund, refundsOf, type Refund } from './store.ts'

/** A key is known for 30 days, and names a refund for ever. @throws Refusal where this would be another one */
function expectSame(known: Refund, { amount, lines = [], shipping, reason }: NewRefund): Refund {
  const about = (one: { lines: Pieces; shipping: boolean; reason: string }) =>
    JSON.stringify([one.lines.map(({ sku, quantity }) => [sku, quantity]), one.shipping, one.reason])
  const isSame =
    about(known) === about({ lines, shipping: shipping ?? false, reason }) &&
    (amount?.amount ?? known.amount) === known.amount
  if (!isSame) throw reusedKey()
  return known
}

type Pieces = readonly { sku: string; quantity: number }[]

type Origin = Pick<Append, 'traceparent' | 'actor'>

/**
 * Sets an amount aside for a refund and publishes that it is wanted. Refunds of one order, and what gives its money back as a whole,
 * wait for each other at the lock on its payment: together they never get more than was taken. The table refuses it as well.
 * @param id the same one again finds its refund, and changes nothing; with other content it is refused
 * @throws Refusal, also when the order is deleted at this moment: who deletes has locked its payment as well
 */
export function requestRefund(
  db: Database,
  { id, orderId, wanted }: { id: string; orderId: string; wanted: NewRefund },
  origin: Origin,
): Promise<Refund> {
  return db.$transaction(async (tx) => {
    const now = new Date()
    await lockPayment(tx, orderId)
    const known = (await refundsOf(tx, orderId)).find((refund) => refund.id === id)
    if (known) return expectSame(known, wanted)
    const order = (await findOrder(tx, orderId)) ?? (await missingOrder(tx, orderId))
    const payment = await paymentOf(tx, orderId)
    const owed = await setGoneAside(tx, orderId, payment, now)
    const taken = takenOf(await refundsOf(tx, orderId), goneOf(order.parts))
    const { amount, lines } = refundAmount(wanted, order, taken, await paymentOf(tx, orderId))
    const { currency } = order.total
    const { reason, shipping = false } = wanted
    await keepPayments(tx, [orderId], now, () => ({ facts: [{ kind: 'refund-requested', amount }] }))
    await insertRefund(tx, { id, orderId, amount, currency, reason, lines, shipping }, now)
    const event = RefundRequested({ orderId, refundId: id, amount: { amount, currency }, reason })
    await append(
      tx,
      [...owed, event].map((one) => ({ event: one, correlationId: orderId, ...origin })),
    )
    return (await refundsOf(tx, orderId)).find((refund) => refund.id === id)!
  })
}

/** Pieces that were cancelled or came back by now are paid for first: this refund is for others. Those that have to wait are not. */
async function setGoneAside(tx: Transaction, orderId: string, { status }: Payment, now: Date): Promise<NewEvent[]> {
  if (status !== 'captured') return []
  try {
    return (await refundGone(tx, [{ orderId }], now)).flatMap((events) => events ?? [])
  } catch (error) {
    if (error instanceof RetryLater) return []
    throw error
  }
}

type Spent = Pick<Refund, 'id' | 'status' | 'lines'> & { readonly shipping?: boolean }

/** The pieces of a SKU that refunds have paid for, or have failed to where they are gone: those are owed still. */
export function takenOf(earlier: readonly Spent[], gone: ReturnType<typeof goneOf>): Earlier {
  const counted = earlier.filter(({ status }) => status !== 'failed')
  const owed = askedForPieces(gone, earlier).map(({ waiting }) => ({ lines: waiting }))
  return {
    pieces: (sku) => Math.max(piecesOf([...counted, ...owed], sku), piecesOf(gone, sku)),
    shipping: counted.some(({ shipping }) => shipping === true),
  }
}

const Locked = row({ orderId: z.string() })

const lockPayment = (tx: Transaction, orderId: string) =>
  readRows(tx, Locked)`SELECT order_id AS "orderId" FROM payments WHERE order_id = ${orderId}::uuid FOR UPDATE`
