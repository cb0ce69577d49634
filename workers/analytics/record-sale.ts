import { recordSales } from '#domains/analytics'
import { OrderCancelled, OrderConfirmed, OrderPlaced, OrderRejected } from '#events'
import { defineReaction } from '#messaging'

export default defineReaction({
  name: 'analytics.record-sale',
  on: [OrderPlaced, OrderConfirmed, OrderRejected, OrderCancelled],
  lingerMs: 250,
  async handleBatch(events, { tx }) {
    await recordSales(tx, events)
    return events.map(() => null)
  },
})
