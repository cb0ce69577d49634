import { gateway, isCapturable, keepPayments, paymentOf, recordCapture } from '#domains/payment'
import { OrderConfirmed, PaymentCaptured, PaymentFailed } from '#events'
import { defineReaction } from '#messaging'

export default defineReaction({
  name: 'payment.capture-payment',
  on: OrderConfirmed,
  publishes: [PaymentCaptured, PaymentFailed],
  lingerMs: 20,
  dependency: 'payment-gateway',
  callTimeoutMs: 5_000,
  effect: ({ data }) => `capture:${data.orderId}`,
  async call({ data: { orderId } }, context) {
    const payment = await paymentOf(context.db, orderId)
    return isCapturable(payment) ? gateway().capture(payment.authorizationId!, context) : undefined
  },
  handleBatch: (events, { tx, results, now }) =>
    keepPayments(
      tx,
      events.map(({ data }) => data.orderId),
      now,
      (payment, index) => recordCapture(payment, events[index]!.data.orderId, results[index]),
    ),
})
