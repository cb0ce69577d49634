import { defineRoute, standIn, type Route } from '#http'
import type { Database } from '#platform/database'
import { missingOrder } from '../deleted.ts'
import { findOrders } from '../find/find-orders.ts'
import { COMBINATIONS, OrderQuery } from '../find/query.ts'
import { expectOwned } from '../owner.ts'
import { toReturns, toView } from '../reading/view.ts'
import { OrderPage } from '../schemas/order-summary.ts'
import { OrderView } from '../schemas/order-view.ts'
import { ReturnList } from '../schemas/returns.ts'
import { OrderAt, OrderId } from '../schemas/which-order.ts'
import { findOrder } from '../stream/catch-up.ts'
import { orderAt } from '../stream/past.ts'

const tag = 'Orders'

/** Orders as they stand, and what came back of them. */
export function readingRoutes({ db }: { db: Database }): Route[] {
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
  ]
}
