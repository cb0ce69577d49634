import { keepReservations, wantedOf } from '#domains/inventory'
import { OrderPlaced, StockRejected, StockReserved } from '#events'
import { defineReaction } from '#messaging'

export default defineReaction({
  name: 'inventory.reserve-stock',
  on: OrderPlaced,
  publishes: [StockReserved, StockRejected],
  personalData: false,
  async handleBatch(events, { tx, now }) {
    const placed = events.map(({ data: { orderId, lines } }) => ({ kind: 'placed' as const, orderId, lines }))
    const outcomes = await keepReservations(tx, placed, now)
    return outcomes.map(({ before, next, missing }, index) => {
      const { orderId } = placed[index]!
      if (before.status !== 'open') return // the order was closed before its stock was looked at: nobody is waiting
      return missing.length === 0
        ? StockReserved({ orderId, lines: wantedOf(next) })
        : StockRejected({ orderId, missing: [...missing] })
    })
  },
})
