import { z } from 'zod'
import {
  after,
  CURRENT_HEADERS,
  CURRENT_REFUSALS,
  currentHeaders,
  defineRoute,
  mailAddress,
  pageLimit,
  seesAll,
  type Caller,
  type Route,
} from '#http'
import type { ProjectionReader } from '#messaging'
import { ordersOfCustomer } from './customer-orders.ts'
import { searchOrders } from './order-search.ts'

const FoundOrder = z.object({
  id: z.uuid(),
  status: z.string(),
  total: z.object({ amount: z.int().describe('Minor units'), currency: z.string().describe('ISO 4217') }),
  placedAt: z.iso.datetime(),
})
const next = z.uuid().nullable().describe('`cursor` of the next page; null at the end')
const CustomerOrders = z
  .object({ orders: z.array(FoundOrder.extend({ updatedAt: z.iso.datetime() })), next })
  .meta({ id: 'CustomerOrders' })
const FoundOrders = z
  .object({
    orders: z.array(FoundOrder.extend({ customer: z.object({ name: z.string(), email: z.string() }) })),
    next,
  })
  .meta({ id: 'FoundOrders' })

/** PostgreSQL's text holds neither NUL nor lone surrogates. */
const Question = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not hold control characters or lone surrogates')
  .meta({ examples: ['lovelace mug'] })

const page = {
  cursor: z.uuid().optional().describe('`next` of the page before'),
  limit: pageLimit,
  after,
}
const tag = 'Orders'
const refusals = CURRENT_REFUSALS

/** Ways to find orders. */
export function lookupRoutes({ projections }: { projections: ProjectionReader }): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/v1/customers/orders',
      operationId: 'listOrdersOfCustomer',
      summary: 'The orders of one customer of your client, the newest first',
      tag,
      scope: 'orders:read',
      example: { query: { email: 'ada@example.com', limit: 2 } },
      query: z.strictObject({ email: mailAddress, ...page }),
      replies: { 200: { description: 'A page of orders', schema: CustomerOrders, headers: CURRENT_HEADERS } },
      refusals,
      async handle({ query: { email, limit, cursor, after: wanted }, caller }) {
        const read = { cursor, limit: limit + 1, owner: ownerFor(caller) }
        const { result, ...current } = await projections.read('lookup.customer-orders', wanted, (db) =>
          ordersOfCustomer(db, email, read),
        )
        const orders = result.slice(0, limit).map((one) => ({ ...toView(one), updatedAt: one.updatedAt.toISOString() }))
        return { status: 200, headers: currentHeaders(current), body: { orders, next: nextOf(result, limit) } }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/v1/search/orders',
      operationId: 'searchOrders',
      summary:
        'Orders of your client by number, reference, name, e-mail address, SKU, order id or tracking number, the newest first',
      description:
        'Finds orders that have every word of `q`, or one that begins with it. Case and accents do not matter.',
      tag,
      scope: 'orders:read',
      query: z.strictObject({ q: Question, ...page }),
      example: { query: { q: 'lovelace mug', limit: 2 } },
      replies: { 200: { description: 'A page of orders', schema: FoundOrders, headers: CURRENT_HEADERS } },
      refusals,
      async handle({ query: { q, limit, cursor, after: wanted }, caller }) {
        const read = { cursor, limit: limit + 1, owner: ownerFor(caller) }
        const { result, ...current } = await projections.read('lookup.order-search', wanted, (db) =>
          searchOrders(db, q, read),
        )
        const orders = result
          .slice(0, limit)
          .map((one) => ({ ...toView(one), customer: { name: one.name, email: one.email } }))
        return { status: 200, headers: currentHeaders(current), body: { orders, next: nextOf(result, limit) } }
      },
    }),
  ]
}

/** Operators find the orders of every client. */
const ownerFor = (caller: Caller) => (seesAll(caller) ? undefined : caller.clientId)

interface Found {
  id: string
  status: string
  total: number
  currency: string
  placedAt: Date
}

const toView = ({ id, status, total, currency, placedAt }: Found) => ({
  id,
  status,
  total: { amount: total, currency },
  placedAt: placedAt.toISOString(),
})

const nextOf = (found: readonly { id: string }[], limit: number) => (found.length > limit ? found[limit - 1]!.id : null)
