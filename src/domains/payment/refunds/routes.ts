import { expectOwned, findOrder, missingOrder, OrderId } from '#domains/order'
import { RefundRequested } from '#events'
import type { WakeUp } from '#messaging'
import { standIn, defineRoute, type Caller, type Route } from '#http'
import type { Database } from '#platform/database'
import { uuidOf, uuidv7 } from '#platform/uuid'
import { paymentOf } from '../store.ts'
import { refundableOf } from './refund-amount.ts'
import { requestRefund } from './request-refund.ts'
import { NewRefund, RefundList, RefundView } from './schemas.ts'
import { refundsOf, toRefundView } from './store.ts'

const tag = 'Refunds'

/** Money back, in parts or as a whole, while the order goes on as it is. */
export function refundRoutes({ db, wake }: { db: Database } & WakeUp): Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/v1/orders/{id}/refunds',
      publishes: [RefundRequested],
      operationId: 'refundOrder',
      summary: 'Refund an order, or a part of it',
      description:
        'An amount, lines by quantity, the shipping, or, when none is named, everything that is left. The amount is set aside at once, and the ' +
        'payment gateway is asked by what follows. Never more than was taken goes back. The order stays as it is; goods that come ' +
        'back are a return.',
      tag,
      scope: 'refunds',
      params: OrderId,
      body: NewRefund,
      example: {
        params: { id: standIn('delivered order') },
        body: { lines: [{ sku: 'MUG-01', quantity: 1 }], reason: 'damaged' },
      },
      replies: { 202: { description: 'The refund, requested', schema: RefundView } },
      refusals: {
        404: 'order-not-found',
        410: 'order-deleted',
        409: 'nothing-to-refund, refund-too-large',
        422: 'validation-failed, unknown-sku, quantity-too-large, nothing-to-refund',
      },
      async handle({ params: { id: orderId }, body, caller, traceparent, header }) {
        await expectOwned(db, caller, orderId)
        const id = refundId(orderId, caller, header('idempotency-key'))
        const refund = await requestRefund(db, { id, orderId, wanted: body }, { traceparent, actor: caller.actor })
        wake()
        return { status: 202, body: toRefundView(refund) }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/v1/orders/{id}/refunds',
      operationId: 'listRefunds',
      summary: 'The refunds of an order',
      tag,
      scope: 'orders:read',
      params: OrderId,
      example: { params: { id: standIn('order') } },
      replies: { 200: { description: 'Its refunds, and what is left', schema: RefundList } },
      refusals: { 404: 'order-not-found', 410: 'order-deleted' },
      async handle({ params: { id }, caller }) {
        await expectOwned(db, caller, id)
        const [refunds, payment, order] = await Promise.all([refundsOf(db, id), paymentOf(db, id), findOrder(db, id)])
        const refundable = {
          amount: refundableOf(payment),
          currency: (order ?? (await missingOrder(db, id))).total.currency,
        }
        return { status: 200, body: { refunds: refunds.map(toRefundView), refundable } }
      },
    }),
  ]
}

/** The same request has the same id, so a repeated one finds the refund whose answer was lost. */
const refundId = (orderId: string, { clientId }: Caller, key: string | undefined): string =>
  key === undefined ? uuidv7() : uuidOf(JSON.stringify([clientId, orderId, key]))
