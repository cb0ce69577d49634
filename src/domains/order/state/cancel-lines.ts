import { OrderCancelled, OrderReduced } from '#events'
import { choosePieces, leftToShip, type Asked, unchanged } from './choose-pieces.ts'
import { allow, conclude, shipped } from './decide.ts'
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
 * Pieces of an order that will not be shipped. When nothing else is left of it, it is cancelled as a whole, or shipped where a
 * parcel of it is on its way.
 * @throws Refusal when the order is on its way or has ended, or has not so many pieces left
 */
export function cancelLines(order: Order, { id, lines: asked, reason }: CancelLines): OrderFact[] {
  const { id: orderId, customer, total, parts } = order
  const before = parts.cancelled.find((one) => one.id === id)
  if (before) return unchanged(before, asked)
  allow(order, 'order.cancelled', 'order-not-cancellable', 'Only what was not shipped can be cancelled')
  const lines = choosePieces(order, asked, 'cancelled').map(({ asked: _, ...pieces }) => pieces)
  const amount = { amount: amountOf(lines), currency: total.currency }
  const cancelled = OrderReduced({ orderId, customer, cancellationId: id, lines, amount, reason })
  return [cancelled, ...withoutRest(evolve(order, cancelled), reason)]
}

/** What becomes of an order whose last pieces were cancelled. */
function withoutRest(order: Order, reason: string): OrderFact[] {
  if (leftToShip(order).length > 0) return []
  if (order.parts.parcels.length === 0) return [OrderCancelled({ orderId: order.id, customer: order.customer, reason })]
  const fact = shipped(order)
  return [fact, ...conclude(evolve(order, fact))]
}
