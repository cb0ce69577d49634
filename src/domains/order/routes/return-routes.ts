import { ReturnAccepted, ReturnReceived } from '#events'
import { defineRoute, standIn, type Route } from '#http'
import { OrderView } from '../schemas/order-view.ts'
import { NewReturn } from '../schemas/returns.ts'
import { OrderId } from '../schemas/which-order.ts'
import { AFTER, idFor, type Change } from './changing.ts'

const tag = 'Orders'
const scope = 'refunds'

export function returnRoutes(change: Change): Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/v1/orders/{id}/returns',
      publishes: [ReturnReceived, ReturnAccepted],
      operationId: 'returnLines',
      summary: 'Accept the return of a delivered order, or of pieces of it',
      description:
        'What the pieces cost is refunded under the id of the return, but for pieces that a refund has paid for already; they are on ' +
        'the shelf again, unless `restock` is false. With the last pieces the order is returned, and the rest of its money goes ' +
        'back, what was paid for the shipping included.',
      tag,
      scope,
      params: OrderId,
      body: NewReturn,
      idempotency: 'again',
      example: {
        params: { id: standIn('delivered order') },
        body: { lines: [{ sku: 'MUG-01', quantity: 1 }], reason: 'Too small' },
      },
      replies: { 200: { description: 'The order, with the return', schema: OrderView, headers: AFTER } },
      refusals: {
        404: 'order-not-found',
        409: 'order-not-returnable',
        410: 'order-deleted',
        422: 'validation-failed, unknown-sku, quantity-too-large',
        503: 'newer-release-needed',
      },
      handle: (request) =>
        change(request, { type: 'return-lines', id: idFor('return-lines', request), ...request.body }),
    }),
    defineRoute({
      method: 'post',
      path: '/v1/orders/{id}/return',
      publishes: [ReturnReceived, ReturnAccepted],
      operationId: 'returnOrder',
      summary: 'Accept the return of everything that is left of a delivered order',
      description:
        'As `POST /v1/orders/{id}/returns` without lines. An order that was returned already is answered as it is.',
      tag,
      scope,
      params: OrderId,
      idempotency: 'again',
      example: { params: { id: standIn('delivered order') } },
      replies: { 200: { description: 'The order, returned', schema: OrderView, headers: AFTER } },
      refusals: {
        404: 'order-not-found',
        409: 'order-not-returnable',
        410: 'order-deleted',
        503: 'newer-release-needed',
      },
      handle: (request) => change(request, { type: 'return-lines', id: idFor('return-lines', request) }),
    }),
  ]
}
