import { carryOutRefunds, gateway, paymentOf } from '#domains/payment'
import { PaymentRefunded, RefundFailed, RefundRequested } from '#events'
import { defineReaction } from '#messaging'

/** Gives back what a refund has set aside. Its key names the refund: two refunds of one order stay two. */
export default defineReaction({
  name: 'payment.refund-payment',
  on: RefundRequested,
  publishes: [PaymentRefunded, RefundFailed],
  concurrency: 1, // refunds are few, and the reactions of a process share its connections
  dependency: 'payment-gateway',
  callTimeoutMs: 5_000,
  effect: ({ data }) => `refund:${data.refundId}`,
  async call({ data: { orderId, amount } }, context) {
    const { authorizationId } = await paymentOf(context.db, orderId)
    return gateway().refundPart(authorizationId!, amount, context)
  },
  handleBatch: (events, { tx, results, now }) =>
    carryOutRefunds(
      tx,
      events.map(({ data }) => data),
      results,
      now,
    ),
})
