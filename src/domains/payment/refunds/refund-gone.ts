import { boughtIn, type Bought } from '#domains/order'
import { RefundRequested } from '#events'
import type { NewEvent } from '#messaging'
import type { Transaction } from '#platform/database'
import { keepPayments, type Change } from '../store.ts'
import { owedForPieces, type Owed } from './owed-for-pieces.ts'
import { insertRefund, refundsOf, type Refund } from './store.ts'

/**
 * Sets aside what the cancelled and returned pieces of orders have cost, once the money is taken: a refund under the id of each
 * cancellation and return. The money is held, and taken, as it was authorized: an attempt to take it may have reached the gateway
 * unheard, and asking for less under the same key would be another request.
 * The payments are locked by the caller, so that no refund is requested meanwhile.
 * @returns for each order what to publish; an order that is named twice, once
 * @throws RetryLater while an order has neither paid nor ended
 */
export async function refundGone(tx: Transaction, orderIds: readonly string[], now: Date) {
  const orders = await boughtIn(tx, orderIds)
  const refunds = new Map<string, Refund[]>()
  for (const id of orders.keys()) refunds.set(id, await refundsOf(tx, id))
  const wanted = new Map<string, readonly Owed[]>()
  const published = await keepPayments(tx, orderIds, now, (payment, index) => {
    const orderId = orderIds[index]!
    const bought = orders.get(orderId)
    if (!bought || wanted.has(orderId)) return { facts: [] } // of a deleted order nothing is owed
    const owed = owedForPieces(bought, refunds.get(orderId)!, payment)
    wanted.set(orderId, owed)
    return requestFor(orderId, bought.currency, owed)
  })
  for (const [orderId, owed] of wanted) await insertAll(tx, orderId, orders.get(orderId)!, owed, now)
  return published
}

const REASON = 'requested-by-customer'

export const requestFor = (orderId: string, currency: string, owed: readonly Owed[]): Change<NewEvent[]> => ({
  facts: owed.map(({ amount }) => ({ kind: 'refund-requested', amount })),
  publish: owed.map(({ id: refundId, amount }) =>
    RefundRequested({ orderId, refundId, amount: { amount, currency }, reason: REASON }),
  ),
})

async function insertAll(tx: Transaction, orderId: string, { currency }: Bought, owed: readonly Owed[], now: Date) {
  for (const one of owed) await insertRefund(tx, { ...one, orderId, currency, reason: REASON, shipping: false }, now)
}
