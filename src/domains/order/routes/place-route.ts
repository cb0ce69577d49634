import { OrderPlaced } from '#events'
import type { WakeUp } from '#messaging'
import { defineRoute, type Route } from '#http'
import { idempotencyOf } from '../place/idempotency.ts'
import type { Placement } from '../place/placement.ts'
import { toView } from '../reading/view.ts'
import { NewOrder } from '../schemas/new-order.ts'
import { OrderView } from '../schemas/order-view.ts'
import { AFTER, toContain } from './changing.ts'

export function placeRoute({ placement, wake }: WakeUp & { placement: Placement }): Route {
  return defineRoute({
    method: 'post',
    path: '/v1/orders',
    publishes: [OrderPlaced],
    operationId: 'placeOrder',
    summary: 'Place an order',
    description:
      'Takes the order and publishes it; stock, payment and fraud screening then answer on their own. Prices are those of ' +
      'the catalogue at the moment of the commit. After 202 the order is stored for good.',
    tag: 'Orders',
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
