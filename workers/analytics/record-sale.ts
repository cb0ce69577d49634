import { recordSales } from '#domains/analytics'
import { OrderCancelled, OrderConfirmed, OrderPlaced, OrderRejected } from '#events'
import { defineWorker } from '#messaging'

export default defineWorker({
  name: 'analytics.record-sale',
  on: [OrderPlaced, OrderConfirmed, OrderRejected, OrderCancelled],
  lingerMs: 250,
  async handleBatch(events, { tx }) {
    await recordSales(tx, events)
    return events.map(() => null)
  },
})
