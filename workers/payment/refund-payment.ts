import { carryOutRefunds, gateway, lockPayments, paymentOf, refundGone } from '#domains/payment'
import { OrderReduced, PaymentRefunded, RefundFailed, RefundRequested, ReturnReceived } from '#events'
import { defineReaction, type RecordedOf } from '#messaging'

type Requested = RecordedOf<typeof RefundRequested>
type Gone = RecordedOf<typeof OrderReduced | typeof ReturnReceived>

/**
 * Gives back what a refund has set aside; its key names the refund, so two refunds of one order stay two. What cancelled and
 * returned pieces have cost is set aside here, too, when it was taken: at once, or when a refund fails that was to pay for them.
 */
export default defineReaction({
  name: 'payment.refund-payment',
  on: [RefundRequested, OrderReduced, ReturnReceived],
  publishes: [PaymentRefunded, RefundFailed, RefundRequested],
  personalData: false,
  concurrency: 1, // refunds are few, and the reactions of a process share its connections
  dependency: 'payment-gateway',
  callTimeoutMs: 5_000,
  effect: (event) => `refund:${refundIdOf(event)}`,
  async call(event, context) {
    if (!isRequested(event)) return undefined
    const { orderId, amount } = event.data
    const { authorizationId } = await paymentOf(context.db, orderId)
    return gateway().refundPart(authorizationId!, amount, context)
  },
  async handleBatch(events, { tx, results, now }) {
    // All at once and in order: what follows locks some of them, and then others.
    await lockPayments(tx, events, now)
    const requested = events.filter(isRequested)
    const answers = requested.map((event) => results[events.indexOf(event)]!)
    const gone = events.filter((event) => !isRequested(event))
    const carriedOut = await carryOutRefunds(
      tx,
      requested.map(({ data }) => data),
      answers,
      now,
    )
    // A refund that has failed pays for no pieces: those that were gone meanwhile are owed again.
    const failed = requested.filter((_, index) => carriedOut[index]?.type === 'refund.failed')
    const unpaid = [...gone, ...failed]
    const setAside = await refundGone(
      tx,
      unpaid.map(({ data }) => data.orderId),
      now,
    )
    return events.map((event) => {
      const settled = isRequested(event) ? carriedOut[requested.indexOf(event)] : undefined
      return [...(settled ? [settled] : []), ...(setAside[unpaid.indexOf(event)] ?? [])]
    })
  },
})

const isRequested = (event: Requested | Gone): event is Requested => event.type === 'refund.requested'

function refundIdOf({ type, data }: Requested | Gone): string {
  if (type === 'refund.requested') return data.refundId
  return type === 'order.reduced' ? data.cancellationId : data.returnId
}
