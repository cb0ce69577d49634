import {
  OrderCancelled,
  OrderDelivered,
  OrderPlaced,
  OrderReduced,
  OrderShipped,
  orderStream,
  ReturnAccepted,
  ReturnReceived,
} from '#events'
import type { WakeUp } from '#messaging'
import type { Database } from '#platform/database'
import { defineRoute, owns, standIn, type Route, type RouteRequest } from '#http'
import { uuidOf, uuidv7 } from '#platform/uuid'
import { changeOrder, type Command } from './change-order.ts'
import { findDeleted, missingOrder } from './deleted.ts'
import { findOrders } from './find/find-orders.ts'
import { COMBINATIONS, OrderQuery } from './find/query.ts'
import { historyOf, HistoryView } from './reading/history.ts'
import { idempotencyOf } from './place/idempotency.ts'
import { expectOwned } from './owner.ts'
import type { Placement } from './place/placement.ts'
import {
  Cancellation,
  LinesCancellation,
  NewOrder,
  NewReturn,
  OrderAt,
  OrderId,
  OrderPage,
  OrderView,
  ReturnList,
} from './schemas.ts'
import { storyOf, StoryView } from './reading/story.ts'
import { findOrder } from './stream/catch-up.ts'
import { orderAt } from './stream/past.ts'
import { toReturns, toView } from './reading/view.ts'

interface Needs extends WakeUp {
  db: Database
  placement: Placement
}

const tag = 'Orders'

const AFTER = { 'Fanfare-After': 'Pass it on as `after` to a query of a read model, to find this change in the answer' }

/** Names the change for queries that are to contain it. */
const toContain = ({ id, version }: { id: string; version: number }) => ({
  'Fanfare-After': `${orderStream({ orderId: id })}@${version}`,
})

/** The operations on orders. */
export function orderRoutes(needs: Needs): Route[] {
  return [placing(needs), ...reading(needs), ...changing(needs)]
}

function placing({ placement, wake }: Needs): Route {
  return defineRoute({
    method: 'post',
    path: '/v1/orders',
    publishes: [OrderPlaced],
    operationId: 'placeOrder',
    summary: 'Place an order',
    description:
      'Takes the order and publishes it; stock, payment and fraud screening then answer on their own. Prices are those of ' +
      'the catalogue at the moment of the commit. After 202 the order is stored for good.',
    tag,
    scope: 'orders:write',
    body: NewOrder,
    idempotency: 'itself',
    example: {
      body: {
        customer: { name: 'Ada Lovelace', email: 'ada@example.com' },
        shippingAddress: { line1: '12 St James Square', city: 'London', postalCode: 'SW1Y 4JH', country: 'GB' },
        lines: [{ sku: 'MUG-01', quantity: 2 }],
        payment: { token: 'pm_card_visa' },
      },
    },
    replies: {
      202: {
        description: 'The order is taken',
        schema: OrderView,
        headers: { Location: 'Where the order is', ...AFTER },
      },
    },
    refusals: {
      409: 'reference-taken',
      422: 'validation-failed, unknown-sku, product-inactive, currency-not-offered, quantity-too-large, total-too-large, mixed-currencies, unknown-discount-code, discount-not-applicable, shipping-not-available, invalid-idempotency-key, idempotency-key-reused',
    },
    async handle({ body, caller, traceparent, header }) {
      const idempotency = idempotencyOf(header('idempotency-key'), caller, body)
      const { order, replayed } = await placement.place({ request: body, idempotency, caller, traceparent })
      wake()
      const headers = {
        Location: `/v1/orders/${order.id}`,
        ...toContain(order),
        ...(replayed && { 'Idempotency-Replayed': 'true' }),
      }
      return { status: 202, headers, body: toView(order, caller) }
    },
  })
}

function reading({ db }: Needs): Route[] {
  const stored = async (id: string) => (await findOrder(db, id)) ?? missingOrder(db, id)
  return [
    defineRoute({
      method: 'get',
      path: '/v1/orders',
      operationId: 'listOrders',
      summary: 'Orders of your client, the newest first',
      description:
        `Found together: ${COMBINATIONS.join('; ')}. Each is answered from an index, however many orders there are; what is not, is refused. ` +
        'To follow changes, ask with `updated_since` for a minute before the latest `updatedAt` that you have: a change may be seen a moment later than others of its time.',
      tag,
      scope: 'orders:read',
      query: OrderQuery,
      example: { query: { status: 'shipped', limit: 10 } },
      replies: { 200: { description: 'A page of orders', schema: OrderPage } },
      refusals: { 422: 'validation-failed, combination-not-supported' },
      handle: async ({ query, caller }) => ({ status: 200, body: await findOrders(db, caller.clientId, query) }),
    }),
    defineRoute({
      method: 'get',
      path: '/v1/orders/{id}',
      operationId: 'getOrder',
      summary: 'One order as it stands now, or as it was',
      description:
        'An order is what the events of its stream tell. `version` says how many of them the answer tells, and `updatedAt` ' +
        'when the latest happened. With `at` it is what this operation answered at that version or time.',
      tag,
      scope: 'orders:read',
      params: OrderId,
      query: OrderAt,
      example: { params: { id: standIn('order') } },
      replies: { 200: { description: 'The order', schema: OrderView } },
      refusals: { 404: 'order-not-found; order-not-placed-yet and order-archived with `at`', 410: 'order-deleted' },
      async handle({ params: { id }, query: { at }, caller }) {
        const owned = await expectOwned(db, caller, id)
        const order = at === undefined ? await stored(id) : await orderAt(db, id, at)
        return { status: 200, body: toView(order, owned) }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/v1/orders/{id}/returns',
      operationId: 'listReturns',
      summary: 'What came back of an order',
      tag,
      scope: 'orders:read',
      params: OrderId,
      example: { params: { id: standIn('order') } },
      replies: { 200: { description: 'Its returns', schema: ReturnList } },
      refusals: { 404: 'order-not-found', 410: 'order-deleted' },
      async handle({ params: { id }, caller }) {
        await expectOwned(db, caller, id)
        return { status: 200, body: { returns: toReturns(await stored(id)) } }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/v1/orders/{id}/story',
      operationId: 'getStory',
      summary: 'Everything that happened because of an order',
      description:
        'Each event in causal order, and each reaction to it with its attempts, failures and dead letters. Of a deleted order, when and why it was deleted, and where its events lie.',
      tag,
      scope: 'admin',
      params: OrderId,
      example: { params: { id: standIn('order') } },
      replies: { 200: { description: 'The story so far', schema: StoryView } },
      refusals: { 404: 'order-not-found' },
      async handle({ params, caller }) {
        const deleted = await findDeleted(db, params.id)
        if (deleted && owns(caller, deleted)) return { status: 200, body: await storyOf(db, deleted) }
        await expectOwned(db, caller, params.id)
        return { status: 200, body: await storyOf(db, await stored(params.id)) }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/v1/orders/{id}/history',
      operationId: 'getHistory',
      summary: 'What the customer may know of an order, step by step',
      tag,
      scope: 'orders:read',
      params: OrderId,
      example: { params: { id: standIn('order') } },
      replies: { 200: { description: 'The steps so far, first to last', schema: HistoryView } },
      refusals: { 404: 'order-not-found', 410: 'order-deleted' },
      async handle({ params, caller }) {
        await expectOwned(db, caller, params.id)
        return { status: 200, body: await historyOf(db, params.id) }
      },
    }),
  ]
}

type Changing = Pick<RouteRequest<{ id: string }, unknown, unknown>, 'params' | 'caller' | 'traceparent'>

function changing({ db, wake }: Needs): Route[] {
  const change = async ({ params: { id }, caller, traceparent }: Changing, command: Command) => {
    const owned = await expectOwned(db, caller, id)
    const order = await changeOrder(db, id, command, { traceparent, actor: caller.actor })
    wake()
    return { status: 200, headers: toContain(order), body: toView(order, owned) }
  }
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
      scope: 'refunds',
      params: OrderId,
      body: NewReturn,
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
      scope: 'refunds',
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

/** The same request has the same id, so a repeated one finds what the first has changed. */
function idFor(
  what: string,
  { params, caller, header }: Pick<RouteRequest<{ id: string }, unknown, unknown>, 'params' | 'caller' | 'header'>,
) {
  const key = header('idempotency-key')
  return key === undefined ? uuidv7() : uuidOf(JSON.stringify([caller.clientId, params.id, what, key]))
}
