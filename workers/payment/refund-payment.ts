import { carryOutRefunds, gateway, lockPayments, paymentOf, refundCancelled } from '#domains/payment'
import { OrderReduced, PaymentRefunded, RefundFailed, RefundRequested } from '#events'
import { defineReaction, type RecordedOf } from '#messaging'

type Requested = RecordedOf<typeof RefundRequested>

/**
 * Gives back what a refund has set aside; its key names the refund, so two refunds of one order stay two. What cancelled pieces
 * have cost is set aside here, too, when it was taken.
 */
export default defineReaction({
  name: 'payment.refund-payment',
  on: [RefundRequested, OrderReduced],
  publishes: [PaymentRefunded, RefundFailed, RefundRequested],
  personalData: false,
  concurrency: 1, // refunds are few, and the reactions of a process share its connections
  dependency: 'payment-gateway',
  callTimeoutMs: 5_000,
  effect: ({ type, data }) => `refund:${type === 'order.reduced' ? data.cancellationId : data.refundId}`,
  async call({ type, data }, context) {
    if (type === 'order.reduced') return undefined
    const { authorizationId } = await paymentOf(context.db, data.orderId)
    return gateway().refundPart(authorizationId!, data.amount, context)
  },
  async handleBatch(events, { tx, results, now }) {
    // All at once and in order: what follows locks some of them, and then others.
    await lockPayments(tx, events, now)
    const requested = events.filter((event): event is Requested => event.type === 'refund.requested')
    const answers = requested.map((event) => results[events.indexOf(event)]!)
    const reduced = events.filter((event) => event.type === 'order.reduced')
    const carriedOut = await carryOutRefunds(tx, requested.map(dataOf), answers, now)
    const setAside = await refundCancelled(tx, reduced.map(dataOf), now)
    return events.map((event) =>
      event.type === 'order.reduced' ? setAside[reduced.indexOf(event)] : carriedOut[requested.indexOf(event)],
    )
  },
})

const dataOf = <Data>({ data }: { readonly data: Data }): Data => data
