import { OrderCancelled, OrderReduced } from '#events'
import { choosePieces, leftIn, type Asked } from './choose-pieces.ts'
import { allow } from './decide.ts'
import { evolve, type Order, type OrderFact } from './order.ts'
import { amountOf } from './parts.ts'

export interface CancelLines {
  readonly type: 'cancel-lines'
  /** The same one again changes nothing. */
  readonly id: string
  readonly lines: readonly Asked[]
  readonly reason: string
}

/**
 * Pieces of an order that will not be shipped. An order of which nothing is left is cancelled as a whole.
 * @throws Refusal when the order is on its way or has ended, or has not so many pieces left
 */
export function cancelLines(order: Order, { id, lines: asked, reason }: CancelLines): OrderFact[] {
  const { id: orderId, customer, total, parts } = order
  if (parts.cancelled.some((one) => one.id === id)) return []
  allow(order, 'order.cancelled', 'order-not-cancellable', 'Only what was not shipped can be cancelled')
  const lines = choosePieces(order, asked, 'cancelled').map(({ asked: _, ...pieces }) => pieces)
  const amount = { amount: amountOf(lines), currency: total.currency }
  const cancelled = OrderReduced({ orderId, customer, cancellationId: id, lines, amount, reason })
  const isRest = leftIn(evolve(order, cancelled)).length === 0
  return isRest ? [cancelled, OrderCancelled({ orderId, customer, reason })] : [cancelled]
}
