import { z } from 'zod'
import { standIn, defineRoute, type Route } from '#http'
import { FoundOrders } from '../contract/index.ts'
import { Id } from '../contract/words.ts'
import { findForOperator } from './find-orders.ts'
import { tag } from '../overview/looking-routes.ts'
import type { AdminNeeds } from '../needs.ts'
import { drawOrder, OrderPage, readOrderPage } from './order-page.ts'

const params = z.strictObject({ id: Id })
const refusals = { 404: 'order-not-found', 410: 'order-deleted' }

const Words = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not hold control characters or lone surrogates')
  .meta({ examples: ['ada@example.com'] })

/** One order with everything that became of it, and ways to find it. */
export function orderPageRoutes(needs: AdminNeeds): Route[] {
  const { db, isKnown } = needs
  return [
    defineRoute({
      method: 'get',
      path: '/v1/admin/orders',
      operationId: 'findOrders',
      summary: 'Orders by number, order id, event id, delivery id, name, e-mail address, SKU or tracking number',
      tag,
      scope: 'admin',
      query: z.strictObject({ q: Words.optional().describe('Without it: the latest') }),
      example: { query: { q: 'ada@example.com' } },
      replies: { 200: { description: 'At most 20, the newest first', schema: FoundOrders } },
      refusals: { 503: 'read-model-not-built' },
      handle: async ({ query: { q } }) => ({ status: 200, body: await findForOperator(needs, q) }),
    }),
    defineRoute({
      method: 'get',
      path: '/v1/admin/orders/{id}',
      operationId: 'getOrderPage',
      summary: 'One order: its story, the same as a picture, and why it is not finished',
      tag,
      scope: 'admin',
      params,
      example: { params: { id: standIn('order') } },
      replies: { 200: { description: 'The order so far', schema: OrderPage } },
      refusals,
      handle: async ({ params: { id } }) => ({ status: 200, body: await readOrderPage(db, id, isKnown) }),
    }),
    defineRoute({
      method: 'get',
      path: '/v1/admin/orders/{id}/story.svg',
      operationId: 'drawStory',
      summary: 'The story of an order as an SVG document, as `fanfare story --svg` draws it',
      tag,
      scope: 'admin',
      params,
      example: { params: { id: standIn('order') } },
      replies: { 200: { description: 'An SVG document', type: 'image/svg+xml' } },
      refusals,
      async handle({ params: { id } }) {
        const headers = { 'Content-Disposition': `attachment; filename="story-${id}.svg"` }
        return { status: 200, headers, text: { type: 'image/svg+xml', text: await drawOrder(db, id) } }
      },
    }),
  ]
}
