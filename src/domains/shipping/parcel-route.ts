import { expectOwned, OrderId } from '#domains/order'
import { OrderParcelShipped, OrderShipped } from '#events'
import type { WakeUp } from '#messaging'
import { defineRoute, standIn, type Caller, type Route } from '#http'
import type { Database } from '#platform/database'
import { uuidOf, uuidv7 } from '#platform/uuid'
import { NewShipment, ShipmentView } from './schemas.ts'
import { shipParcel } from './ship-parcel.ts'

/** Parcels of clients. */
export function parcelRoute({ db, wake }: { db: Database } & WakeUp): Route {
  return defineRoute({
    method: 'post',
    path: '/v1/orders/{id}/shipments',
    publishes: [OrderParcelShipped, OrderShipped],
    operationId: 'shipParcel',
    summary: 'Ship an order, or a part of it, in a parcel',
    description:
      'For orders that were placed with `"fulfillment": "manual"`, from the moment when their money is taken. Lines by SKU, with a quantity or all ' +
      'that are left, or no lines for everything that is left. With the last piece the order is shipped, and it is delivered when every parcel has arrived.',
    tag: 'Shipping',
    scope: 'orders:write',
    params: OrderId,
    body: NewShipment,
    example: {
      params: { id: standIn('order to ship') },
      body: { lines: [{ sku: 'MUG-01', quantity: 1 }] },
    },
    replies: { 201: { description: 'The parcel, booked', schema: ShipmentView } },
    refusals: {
      404: 'order-not-found',
      409: 'order-ships-automatically, order-not-shippable-yet, order-not-shippable, tracking-number-taken',
      410: 'order-deleted',
      422: 'validation-failed, unknown-sku, quantity-too-large',
      503: 'newer-release-needed',
    },
    async handle({ params: { id: orderId }, body, caller, traceparent, header }) {
      await expectOwned(db, caller, orderId)
      const id = parcelId(orderId, caller, header('idempotency-key'))
      const shipment = await shipParcel(db, { id, orderId, ...body }, { traceparent, actor: caller.actor })
      wake()
      return { status: 201, body: shipment }
    },
  })
}

/** The same request has the same id, so a repeated one finds the parcel whose answer was lost. */
const parcelId = (orderId: string, { clientId }: Caller, key: string | undefined): string =>
  key === undefined ? uuidv7() : uuidOf(JSON.stringify([clientId, orderId, 'ship-parcel', key]))
