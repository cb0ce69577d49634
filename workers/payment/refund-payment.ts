import { carryOutRefunds, gateway, lockPayments, paymentOf, refundGone } from '#domains/payment'
import { OrderReduced, PaymentRefunded, RefundFailed, RefundRequested, ReturnReceived } from '#events'
import { defineReaction, givenUpAmong, type RecordedOf } from '#messaging'

type Requested = RecordedOf<typeof RefundRequested>
type Gone = RecordedOf<typeof OrderReduced | typeof ReturnReceived | typeof RefundFailed>

const NAME = 'payment.refund-payment'

/**
 * Gives back what a refund has set aside; its key names the refund, so two refunds of one order stay two. What cancelled and
 * returned pieces have cost is set aside here, too, when it was taken: at once, or when a refund fails that was to pay for them. Where
 * that was the refund of the pieces themselves, it is a dead letter until somebody redrives it.
 */
export default defineReaction({
  name: NAME,
  on: [RefundRequested, OrderReduced, ReturnReceived, RefundFailed],
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
    const settled = await carryOutRefunds(
      tx,
      requested.map(({ data }) => data),
      requested.map((event) => results[events.indexOf(event)]!),
      now,
    )
    const gone = events.filter((event) => !isRequested(event))
    const failures = gone.filter(({ type }) => type === 'refund.failed')
    const redriven = await givenUpAmong(
      tx,
      NAME,
      failures.map(({ id }) => id),
    )
    const told = gone.map((event) => toldBy(event, redriven.has(event.id)))
    const setAside = await refundGone(tx, told, now)
    return events.map((event) =>
      isRequested(event) ? settled[requested.indexOf(event)] : setAside[gone.indexOf(event)],
    )
  },
})

const isRequested = (event: Requested | Gone): event is Requested => event.type === 'refund.requested'

const toldBy = ({ type, data }: Gone, isRedriven: boolean) => ({
  orderId: data.orderId,
  ...(type === 'refund.failed' && { failed: { ...data, isRedriven } }),
})

function refundIdOf({ type, data }: Requested | Gone): string {
  if (type === 'refund.requested' || type === 'refund.failed') return data.refundId
  return type === 'order.reduced' ? data.cancellationId : data.returnId
}
