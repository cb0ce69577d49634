import { boughtIn } from '#domains/order'
import { costOfPieces } from '#domains/pricing'
import { RefundRequested, type OrderReduced } from '#events'
import { type NewEvent, type RecordedOf, RetryLater } from '#messaging'
import type { Transaction } from '#platform/database'
import type { Payment } from '../payment.ts'
import { keepPayments, type Change } from '../store.ts'
import { refundableOf, type RefundedLine } from './refund-amount.ts'
import { insertRefund, knownAmong, refundsOf } from './store.ts'

type Cancelled = RecordedOf<typeof OrderReduced>['data']

/** Milliseconds until it is looked again whether the money was taken. */
const NOT_TAKEN_MS = 1_000

/**
 * Sets aside what cancelled pieces have cost, once the money is taken: a refund under the id of the cancellation. The money is
 * held, and taken, as it was authorized: an attempt to take it may have reached the gateway unheard, and asking for less under
 * the same key would be another request.
 * The payments are locked by the caller, so that no refund is requested meanwhile.
 * @throws RetryLater while the order has neither paid nor ended
 */
export async function refundCancelled(tx: Transaction, cancelled: readonly Cancelled[], now: Date) {
  const amounts = new Map<string, number>()
  const known = await knownAmong(
    tx,
    cancelled.map(({ cancellationId }) => cancellationId),
  )
  const owed = await stillOwed(
    tx,
    cancelled.filter(({ cancellationId }) => !known.has(cancellationId)),
  )
  const orderIds = cancelled.map(({ orderId }) => orderId)
  const published = await keepPayments(tx, orderIds, now, (payment, index) => {
    const one = cancelled[index]!
    const amount = owedFor(payment, sumOf(owed.get(one.cancellationId) ?? []))
    if (amount > 0) amounts.set(one.cancellationId, amount)
    return amount > 0 ? requestFor(one, amount) : { facts: [] }
  })
  for (const { cancellationId: id, orderId, amount } of cancelled) {
    const minor = amounts.get(id)
    const { currency } = amount
    if (minor === undefined) continue
    const lines = owed.get(id)!
    await insertRefund(tx, { id, orderId, amount: minor, currency, reason: REASON, lines, shipping: false }, now)
  }
  return published
}

const sumOf = (lines: readonly RefundedLine[]) => lines.reduce((sum, { amount }) => sum + amount, 0)

/**
 * The lines of each cancellation, with what they are owed. All refunds of a line together give back what it cost: a piece that was
 * refunded before it was cancelled is not paid for again.
 */
async function stillOwed(tx: Transaction, cancelled: readonly Cancelled[]): Promise<Map<string, RefundedLine[]>> {
  const bought = await boughtIn(
    tx,
    cancelled.map(({ orderId }) => orderId),
  )
  const given = new Map<string, RefundedLine[]>()
  for (const id of bought.keys()) given.set(id, await givenBack(tx, id))
  const owed = new Map<string, RefundedLine[]>()
  for (const { cancellationId, orderId, lines } of cancelled) {
    const earlier = given.get(orderId)!
    for (const line of lines) {
      const left = costOfLine(bought.get(orderId)!, line.sku) - sumOf(earlier.filter(({ sku }) => sku === line.sku))
      const one = { ...line, amount: Math.max(0, Math.min(line.amount, left)) }
      earlier.push(one)
      owed.set(cancellationId, [...(owed.get(cancellationId) ?? []), one])
    }
  }
  return owed
}

const givenBack = async (tx: Transaction, orderId: string) =>
  (await refundsOf(tx, orderId)).flatMap(({ status, lines }) => (status === 'failed' ? [] : lines))

function costOfLine(bought: Parameters<typeof costOfPieces>[0], sku: string): number {
  const place = bought.lines.findIndex((line) => line.sku === sku)
  return costOfPieces(bought, place, 0, bought.lines[place]!.quantity)
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
