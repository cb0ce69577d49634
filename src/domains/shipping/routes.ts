import { z } from 'zod'
import { ShipmentDelivered } from '#events'
import { append, type Append, type WakeUp } from '#messaging'
import type { Database } from '#platform/database'
import { defineRoute, Refusal, type Route } from '#http'
import { parcelRoute } from './parcel-route.ts'
import { ShipmentView, TrackingNumber } from './schemas.ts'
import { reportDelivery, type Shipment } from './shipment.ts'
import { lockShipment, markDelivered } from './store.ts'

/** What carriers call, and clients that ship their orders themselves. */
export function shippingRoutes(needs: { db: Database } & WakeUp): Route[] {
  const { db, wake } = needs
  return [
    defineRoute({
      method: 'post',
      path: '/v1/shipments/{trackingNumber}/delivered',
      publishes: [ShipmentDelivered],
      operationId: 'reportDelivery',
      summary: 'Report that a parcel has arrived',
      description: 'Called by the carrier. Reporting the same parcel again changes nothing.',
      tag: 'Shipping',
      scope: 'shipments:report',
      params: z.strictObject({ trackingNumber: TrackingNumber }),
      idempotency: 'again',
      example: { params: { trackingNumber: 'FP0123456789ABCDEF' } },
      replies: { 200: { description: 'The shipment as it stands now', schema: ShipmentView } },
      refusals: { 404: 'shipment-not-found', 409: 'shipment-called-off' },
      async handle({ params: { trackingNumber }, caller: { actor }, traceparent }) {
        const shipment = await deliver(db, trackingNumber, new Date(), { traceparent, actor })
        wake()
        return { status: 200, body: shipment }
      },
    }),
    parcelRoute(needs),
  ]
}

type Origin = Pick<Append, 'traceparent' | 'actor'>

function deliver(db: Database, trackingNumber: string, now: Date, from: Origin): Promise<Shipment> {
  return db.$transaction(async (tx) => {
    const shipment = await lockShipment(tx, trackingNumber)
    if (!shipment)
      throw new Refusal('not-found', 'shipment-not-found', `No parcel is known under the number ${trackingNumber}`)
    const published = reportDelivery(shipment)
    if (published.length === 0) return shipment
    await markDelivered(tx, shipment, now)
    await append(
      tx,
      published.map((event) => ({ event, correlationId: shipment.orderId, ...from })),
    )
    return { ...shipment, status: 'delivered', deliveredAt: now }
  })
}
