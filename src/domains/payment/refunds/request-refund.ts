import { z } from 'zod'
import { findOrder, missingOrder, type Parts } from '#domains/order'
import { RefundRequested } from '#events'
import { append, type Append } from '#messaging'
import { readRows, row, type Database, type Transaction } from '#platform/database'
import { keepPayments, paymentOf } from '../store.ts'
import { refundAmount } from './refund-amount.ts'
import type { NewRefund } from './schemas.ts'
import { insertRefund, refundsOf, type Refund } from './store.ts'

type Origin = Pick<Append, 'traceparent' | 'actor'>

/**
 * Sets an amount aside for a refund and publishes that it is wanted. Refunds of one order, and what gives its money back as a whole,
 * wait for each other at the lock on its payment: together they never get more than was taken. The table refuses it as well.
 * @param id the same one again finds its refund, and changes nothing
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
    const earlier = await refundsOf(tx, orderId)
    const known = earlier.find((refund) => refund.id === id)
    if (known) return known
    const order = (await findOrder(tx, orderId)) ?? (await missingOrder(tx, orderId))
    const taken = takenOf(earlier, order.parts.cancelled)
    const { amount, lines } = refundAmount(wanted, order, taken, await paymentOf(tx, orderId))
    const { currency } = order.total
    const { reason, shipping = false } = wanted
    await keepPayments(tx, [orderId], now, () => ({ facts: [{ kind: 'refund-requested', amount }] }))
    await insertRefund(tx, { id, orderId, amount, currency, reason, lines, shipping }, now)
    const event = RefundRequested({ orderId, refundId: id, amount: { amount, currency }, reason })
    await append(tx, [{ event, correlationId: orderId, ...origin }])
    return (await refundsOf(tx, orderId)).find((refund) => refund.id === id)!
  })
}

/** The pieces that earlier refunds have paid for, and those that were cancelled: their refund has the id of the cancellation. */
function takenOf(earlier: readonly Refund[], cancelled: Parts['cancelled']) {
  const counted = earlier.filter(({ status }) => status !== 'failed')
  const others = counted.filter(({ id }) => !cancelled.some((one) => one.id === id))
  return {
    lines: [...others, ...cancelled].flatMap(({ lines }) => lines),
    shipping: counted.some(({ shipping }) => shipping),
  }
}

const Locked = row({ orderId: z.string() })

const lockPayment = (tx: Transaction, orderId: string) =>
  readRows(tx, Locked)`SELECT order_id AS "orderId" FROM payments WHERE order_id = ${orderId}::uuid FOR UPDATE`
