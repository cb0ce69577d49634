import { OrderCancelled, OrderDelivered, OrderReduced, OrderShipped } from '#events'
import { defineRoute, standIn, type Route } from '#http'
import { Cancellation, LinesCancellation } from '../schemas/cancellation.ts'
import { OrderView } from '../schemas/order-view.ts'
import { OrderId } from '../schemas/which-order.ts'
import { AFTER, idFor, type Change } from './changing.ts'

const tag = 'Orders'

export function cancelRoutes(change: Change): Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/v1/orders/{id}/cancel',
      publishes: [OrderCancelled],
      operationId: 'cancelOrder',
      summary: 'Cancel an order that has not been shipped',
      description:
        'Its stock and its money are given back by what follows. An order that is cancelled already is answered as it is. ' +
        'Where a parcel of it has left, only the lines that are left can be cancelled.',
      tag,
      scope: 'orders:write',
      params: OrderId,
      body: Cancellation,
      idempotency: 'again',
      example: { params: { id: standIn('new order') }, body: { reason: 'Ordered by mistake' } },
      replies: { 200: { description: 'The order, cancelled', schema: OrderView, headers: AFTER } },
      refusals: {
        404: 'order-not-found',
        409: 'order-not-cancellable, order-partly-shipped',
        410: 'order-deleted',
        503: 'newer-release-needed',
      },
      handle: (request) => change(request, { type: 'cancel', ...request.body }),
    }),
    defineRoute({
      method: 'post',
      path: '/v1/orders/{id}/lines/cancel',
      publishes: [OrderReduced, OrderCancelled, OrderShipped, OrderDelivered],
      operationId: 'cancelLines',
      summary: 'Cancel lines of an order that have not been shipped, or pieces of them',
      description:
        'Their stock is free again, and what they cost is refunded when it was taken. `total` stays what it was when the order was ' +
        'placed; `currentTotal` is what it comes to now. When nothing is left, the order is cancelled, or, where parcels of it have left, ' +
        'it is shipped.',
      tag,
      scope: 'orders:write',
      params: OrderId,
      body: LinesCancellation,
      idempotency: 'again',
      example: {
        params: { id: standIn('new order') },
        body: { lines: [{ sku: 'MUG-01', quantity: 1 }], reason: 'One is enough' },
      },
      replies: { 200: { description: 'The order without them', schema: OrderView, headers: AFTER } },
      refusals: {
        404: 'order-not-found',
        409: 'order-not-cancellable',
        410: 'order-deleted',
        422: 'validation-failed, unknown-sku, quantity-too-large',
        503: 'newer-release-needed',
      },
      handle: (request) =>
        change(request, { type: 'cancel-lines', id: idFor('cancel-lines', request), ...request.body }),
    }),
  ]
}
