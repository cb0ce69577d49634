import { keepReservations } from '#domains/inventory'
import { OrderShipped } from '#events'
import { defineReaction } from '#messaging'

/**
 * On order.shipped and not on shipment.created: a parcel may be booked for an order that is being cancelled at the same
 * moment. The order decides which of the two happened, and only its word moves the goods.
 */
export default defineReaction({
  name: 'inventory.ship-stock',
  on: OrderShipped,
  lingerMs: 250,
  async handleBatch(events, { tx, now }) {
    const shipped = events.map(({ data: { orderId } }) => ({ kind: 'shipped' as const, orderId }))
    await keepReservations(tx, shipped, now)
    return events.map(() => undefined)
  },
})
