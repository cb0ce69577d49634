import { keepReservations } from '#domains/inventory'
import { OrderParcelShipped, OrderShipped } from '#events'
import { defineReaction, type RecordedOf } from '#messaging'

const SHIPS = [OrderParcelShipped, OrderShipped] as const

/**
 * On the order's own facts and not on shipment.created: a parcel may be booked for an order that is being cancelled at the same
 * moment. The order decides which of the two happened, and only its word moves the goods.
 */
export default defineReaction({
  name: 'inventory.ship-stock',
  on: SHIPS,
  personalData: false,
  lingerMs: 250,
  async handleBatch(events, { tx, now }) {
    await keepReservations(tx, events.map(factOf), now)
    return events.map(() => undefined)
  },
})

function factOf({ type, data }: RecordedOf<(typeof SHIPS)[number]>) {
  const { orderId } = data
  if (type === 'order.parcel-shipped') return { kind: 'parcel' as const, orderId, lines: data.lines }
  return { kind: 'shipped' as const, orderId }
}
