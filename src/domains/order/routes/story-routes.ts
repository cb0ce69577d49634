import { defineRoute, owns, standIn, type Route } from '#http'
import type { Database } from '#platform/database'
import { findDeleted, missingOrder } from '../deleted.ts'
import { expectOwned } from '../owner.ts'
import { historyOf, HistoryView } from '../reading/history.ts'
import { storyOf, StoryView } from '../reading/story.ts'
import { OrderId } from '../schemas/which-order.ts'
import { findOrder } from '../stream/catch-up.ts'

const tag = 'Orders'

/** What happened to an order: for operators, and for its customer. */
export function storyRoutes({ db }: { db: Database }): Route[] {
  return [
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
        const order = (await findOrder(db, params.id)) ?? (await missingOrder(db, params.id))
        return { status: 200, body: await storyOf(db, order) }
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
