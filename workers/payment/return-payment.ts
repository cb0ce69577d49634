import { closing, gateway, giveBack, keepPayments, paymentOf, recordReturn } from '#domains/payment'
import {
  OrderCancelled,
  OrderExpired,
  OrderRejected,
  PaymentAuthorized,
  PaymentCaptured,
  PaymentRefunded,
  PaymentVoided,
  ReturnAccepted,
} from '#events'
import { defineReaction } from '#messaging'

/**
 * Voids what is held and refunds what was taken for an order that wants no money any more. It listens to
 * payment.authorized as well: the gateway's yes may come after the end of the order, and nobody has to wait for it.
 * `giveBack` makes the keys of its calls: what is to be done shows only when the payment has been read.
 */
export default defineReaction({
  name: 'payment.return-payment',
  on: [OrderRejected, OrderCancelled, OrderExpired, ReturnAccepted, PaymentAuthorized],
  publishes: [PaymentVoided, PaymentRefunded, PaymentCaptured],
  personalData: false,
  lingerMs: 250,
  dependency: 'payment-gateway',
  callTimeoutMs: 5_000,
  async call({ type, data: { orderId } }, { db, signal }) {
    const payment = await paymentOf(db, orderId)
    return giveBack(gateway(), closing(payment, type !== 'payment.authorized'), signal)
  },
  handleBatch: (events, { tx, results, now }) =>
    keepPayments(
      tx,
      events.map(({ data }) => data.orderId),
      now,
      (payment, index) => {
        const { type, data } = events[index]!
        return recordReturn(payment, type !== 'payment.authorized', data.orderId, results[index])
      },
    ),
})
