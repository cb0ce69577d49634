import { RefundRequested, type OrderReduced } from '#events'
import { type NewEvent, type RecordedOf, RetryLater } from '#messaging'
import type { Transaction } from '#platform/database'
import type { Payment } from '../payment.ts'
import { keepPayments, type Change } from '../store.ts'
import { refundableOf } from './refund-amount.ts'
import { insertRefund, knownAmong } from './store.ts'

type Cancelled = RecordedOf<typeof OrderReduced>['data']

/** Milliseconds until it is looked again whether the money was taken. */
const NOT_TAKEN_MS = 1_000

/**
 * Sets aside what cancelled pieces have cost, once the money is taken: a refund under the id of the cancellation. The money is
 * held, and taken, as it was authorized: an attempt to take it may have reached the gateway unheard, and asking for less under
 * the same key would be another request.
 * @throws RetryLater while the order has neither paid nor ended
 */
export async function refundCancelled(tx: Transaction, cancelled: readonly Cancelled[], now: Date) {
  const amounts = new Map<string, number>()
  const known = await knownAmong(
    tx,
    cancelled.map(({ cancellationId }) => cancellationId),
  )
  const orderIds = cancelled.map(({ orderId }) => orderId)
  const published = await keepPayments(tx, orderIds, now, (payment, index) => {
    const one = cancelled[index]!
    if (known.has(one.cancellationId)) return { facts: [] }
    const amount = owedFor(payment, one.amount.amount)
    if (amount > 0) amounts.set(one.cancellationId, amount)
    return amount > 0 ? requestFor(one, amount) : { facts: [] }
  })
  for (const { cancellationId: id, orderId, lines, amount } of cancelled) {
    const minor = amounts.get(id)
    const { currency } = amount
    if (minor === undefined) continue
    await insertRefund(tx, { id, orderId, amount: minor, currency, reason: REASON, lines, shipping: false }, now)
  }
  return published
}

const REASON = 'requested-by-customer'

export function requestFor(
  { orderId, cancellationId: refundId, amount }: Pick<Cancelled, 'orderId' | 'cancellationId' | 'amount'>,
  minor: number,
): Change<NewEvent> {
  return {
    facts: [{ kind: 'refund-requested', amount: minor }],
    publish: RefundRequested({ orderId, refundId, amount: { ...amount, amount: minor }, reason: REASON }),
  }
}

/**
 * Minor units that cancelled pieces give back: what they cost, as far as other refunds have left it. Nothing where no money is
 * taken any more, or all of it goes back.
 * @throws RetryLater while that is open
 */
export function owedFor(payment: Payment, cost: number): number {
  const { status, closed } = payment
  if (!closed && (status === 'pending' || status === 'authorized'))
    throw new RetryLater(NOT_TAKEN_MS, 'the money of the order is not taken yet')
  return Math.min(cost, refundableOf(payment))
}
