import { boughtIn, type Bought } from '#domains/order'
import { RefundRequested } from '#events'
import { Unrecoverable, type NewEvent } from '#messaging'
import { refused } from '#payment-gateway'
import type { Transaction } from '#platform/database'
import { keepPayments, type Change } from '../store.ts'
import { owedForPieces, type Owed } from './owed-for-pieces.ts'
import { insertRefund, refundsOf, type Refund } from './store.ts'

/** An order of which pieces may be owed, and the refund whose failure tells of that. */
export interface Told {
  readonly orderId: string
  readonly failed?: Failed
}

interface Failed {
  readonly refundId: string
  readonly code: string
  readonly detail: string
  /** It was a dead letter before, and somebody has looked at it. */
  readonly isRedriven: boolean
}

/**
 * Sets aside what the cancelled and returned pieces of orders have cost, once the money is taken: a refund under the id of each
 * cancellation and return. The money is held, and taken, as it was authorized: an attempt to take it may have reached the gateway
 * unheard, and asking for less under the same key would be another request.
 * The payments are locked by the caller, so that no refund is requested meanwhile.
 * @returns for each of them what to publish
 * @throws RetryLater while an order has neither paid nor ended, and while refunds of it are under way that leave too little
 * @throws Unrecoverable where the gateway has refused a refund of such pieces: a dead letter keeps what is owed in sight. Redriven it is
 *   asked for again, under another id: the gateway remembers its answer to the first
 */
export async function refundGone(tx: Transaction, told: readonly Told[], now: Date) {
  const orders = await boughtIn(
    tx,
    told.map(({ orderId }) => orderId),
  )
  const refunds = new Map<string, Pick<Refund, 'id' | 'status' | 'lines'>[]>()
  for (const id of orders.keys()) refunds.set(id, await refundsOf(tx, id))
  const wanted: { orderId: string; owed: readonly Owed[] }[] = []
  const orderIds = told.map(({ orderId }) => orderId)
  const published = await keepPayments(tx, orderIds, now, (payment, index) => {
    const { orderId, failed } = told[index]!
    const bought = orders.get(orderId)
    if (!bought) return { facts: [] } // of a deleted order nothing is owed
    const known = refunds.get(orderId)!
    const owed = owedForPieces(bought, known, payment, failed?.refundId)
    if (failed && !failed.isRedriven && owed.some(({ isAgain }) => isAgain)) throw notAgain(failed)
    known.push(...owed.map(({ id, lines }) => ({ id, lines: [...lines], status: 'requested' as const })))
    wanted.push({ orderId, owed })
    return requestFor(orderId, bought.currency, owed)
  })
  for (const { orderId, owed } of wanted) await insertAll(tx, orderId, orders.get(orderId)!, owed, now)
  return published
}

const REFUSED =
  'The payment gateway does not refund pieces that are gone, and what they have cost is owed; redriven, it is asked again'
const notAgain = (failed: Failed) => new Unrecoverable(refused(REFUSED, failed).message)

const REASON = 'requested-by-customer'

export const requestFor = (
  orderId: string,
  currency: string,
  owed: readonly Pick<Owed, 'id' | 'amount'>[],
): Change<NewEvent[]> => ({
  facts: owed.map(({ amount }) => ({ kind: 'refund-requested', amount })),
  publish: owed.map(({ id: refundId, amount }) =>
    RefundRequested({ orderId, refundId, amount: { amount, currency }, reason: REASON }),
  ),
})

async function insertAll(tx: Transaction, orderId: string, { currency }: Bought, owed: readonly Owed[], now: Date) {
  for (const { id, amount, lines } of owed)
    await insertRefund(tx, { id, amount, lines, orderId, currency, reason: REASON, shipping: false }, now)
}
