import { bookShipments, callOffShipments } from '#domains/shipping'
import { OrderCancelled, OrderConfirmed, ShipmentCreated } from '#events'
import { defineReaction, type RecordedOf } from '#messaging'

/** What a client ships itself, it books itself. */
const isOurs = ({ data }: RecordedOf<typeof OrderConfirmed>) => data.fulfillment !== 'manual'

export default defineReaction({
  name: 'shipping.create-shipment',
  on: [OrderConfirmed, OrderCancelled],
  publishes: ShipmentCreated,
  personalData: false,
  lingerMs: 20,
  async handleBatch(events, { tx, now }) {
    const confirmed = events.filter((event) => event.type === 'order.confirmed').filter(isOurs)
    const cancelled = events.filter((event) => event.type === 'order.cancelled')
    // Cancellations first: an order with both in one batch gets no parcel at all.
    await callOffShipments(
      tx,
      cancelled.map(({ data }) => data.orderId),
      now,
    )
    const booked = await bookShipments(
      tx,
      confirmed.map(({ data }) => data),
      now,
    )
    return events.map(({ type, data: { orderId } }) => {
      const booking = type === 'order.confirmed' ? booked.get(orderId) : undefined
      if (!booking) return null
      const { id: shipmentId, carrier, trackingNumber } = booking
      return ShipmentCreated({ orderId, shipmentId, carrier, trackingNumber })
    })
  },
})
