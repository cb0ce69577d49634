import { keepReservations } from '#domains/inventory'
import {
  OrderCancelled,
  OrderExpired,
  OrderReduced,
  OrderRejected,
  ReturnAccepted,
  StockReleased,
  StockRestocked,
} from '#events'
import { defineReaction, type RecordedOf } from '#messaging'

const GIVES_BACK = [OrderRejected, OrderCancelled, OrderReduced, OrderExpired, ReturnAccepted] as const

/** Gives back what an order does not need any more: what was set aside for it, and what it has returned. */
export default defineReaction({
  name: 'inventory.release-stock',
  on: GIVES_BACK,
  publishes: [StockReleased, StockRestocked],
  personalData: false,
  async handleBatch(events, { tx, now }) {
    const outcomes = await keepReservations(tx, events.map(factOf), now)
    return outcomes.map(({ next, back }, index) => {
      if (back.length === 0) return
      const freed = { orderId: events[index]!.data.orderId, lines: [...back] }
      return next.status === 'returned' ? StockRestocked(freed) : StockReleased(freed)
    })
  },
})

function factOf({ type, data }: RecordedOf<(typeof GIVES_BACK)[number]>) {
  const { orderId } = data
  if (type === 'order.reduced') return { kind: 'reduced' as const, orderId, lines: data.lines }
  return { kind: type === 'return.accepted' ? ('returned' as const) : ('closed' as const), orderId }
}
