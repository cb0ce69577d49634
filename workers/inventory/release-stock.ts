import { keepReservations } from '#domains/inventory'
import { OrderCancelled, OrderExpired, OrderRejected, ReturnAccepted, StockReleased, StockRestocked } from '#events'
import { defineReaction } from '#messaging'

/** Gives back what an order does not need any more: what was set aside for it, and what it has returned. */
export default defineReaction({
  name: 'inventory.release-stock',
  on: [OrderRejected, OrderCancelled, OrderExpired, ReturnAccepted],
  publishes: [StockReleased, StockRestocked],
  personalData: false,
  async handleBatch(events, { tx, now }) {
    const facts = events.map(({ type, data: { orderId } }) => ({
      kind: type === 'return.accepted' ? ('returned' as const) : ('closed' as const),
      orderId,
    }))
    const outcomes = await keepReservations(tx, facts, now)
    return outcomes.map(({ before, next }, index) => {
      const back = { orderId: facts[index]!.orderId, lines: [...next.lines] }
      if (before.status === next.status || back.lines.length === 0) return
      return next.status === 'returned' ? StockRestocked(back) : StockReleased(back)
    })
  },
})
