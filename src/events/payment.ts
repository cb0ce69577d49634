import { z } from 'zod'
import { defineEvent } from '#messaging'
import { Money } from './money.ts'
import { orderStream } from './order.ts'
import * as example from './example-order.ts'

const orderId = z.uuid()
const refusal = { orderId, code: z.string(), detail: z.string() }

export const PaymentAuthorized = defineEvent({
  type: 'payment.authorized',
  summary: 'The gateway holds the money for the order.',
  stream: orderStream,
  schema: z.object({ orderId, authorizationId: z.string(), amount: Money }),
  example: { orderId: example.orderId, authorizationId: 'auth_1f0c9e', amount: example.total },
})

export const PaymentDeclined = defineEvent({
  type: 'payment.declined',
  summary: 'The gateway refused to hold the money.',
  stream: orderStream,
  schema: z.object(refusal),
  example: { orderId: example.orderId, code: 'insufficient_funds', detail: 'The card has insufficient funds.' },
})

export const PaymentCaptured = defineEvent({
  type: 'payment.captured',
  summary: 'The held money was taken.',
  stream: orderStream,
  schema: z.object({ orderId, amount: Money }),
  example: { orderId: example.orderId, amount: example.total },
})

export const PaymentFailed = defineEvent({
  type: 'payment.failed',
  summary: 'Held money could not be taken.',
  stream: orderStream,
  schema: z.object(refusal),
  example: { orderId: example.orderId, code: 'capture_failed', detail: 'The hold has lapsed.' },
})

export const PaymentVoided = defineEvent({
  type: 'payment.voided',
  summary: 'The hold on the money was let go; nothing was taken.',
  stream: orderStream,
  schema: z.object({ orderId, amount: Money }),
  example: { orderId: example.orderId, amount: example.total },
})

export const PaymentRefunded = defineEvent({
  type: 'payment.refunded',
  summary: 'Taken money was given back: all that was left of it, or what a refund asked for.',
  stream: orderStream,
  schema: z.object({
    orderId,
    amount: Money,
    /** Left out where the money of a closed order goes back. */
    refundId: z.uuid().optional(),
  }),
  example: { orderId: example.orderId, amount: example.total },
})

export const RefundReason = z.enum([
  'requested-by-customer',
  'damaged',
  'wrong-item',
  'not-arrived',
  'goodwill',
  'duplicate',
  'other',
])

export const RefundRequested = defineEvent({
  type: 'refund.requested',
  summary: 'Money that was taken for an order is to go back; it is set aside for that.',
  stream: orderStream,
  schema: z.object({ orderId, refundId: z.uuid(), amount: Money, reason: RefundReason }),
  example: {
    orderId: example.orderId,
    refundId: example.refundId,
    amount: { amount: 500, currency: 'GBP' },
    reason: 'goodwill',
  },
})

export const PaymentDeviated = defineEvent({
  type: 'payment.deviated',
  summary:
    'The payment provider tells of something that was not asked for here and is not in the books: somebody has to look.',
  stream: orderStream,
  schema: z.object({
    orderId,
    kind: z.enum([
      /** The hold was let go at the provider, by hand or after its days. */
      'hold-canceled',
      /** Money was given back at the provider that the books have no room for. */
      'refunded',
      /** A refund that was accepted did not reach the customer. */
      'refund-failed',
      'dispute-opened',
      'dispute-closed',
    ]),
    amount: Money,
    detail: z.string(),
    /** Of the provider. */
    providerEventId: z.string(),
  }),
  example: {
    orderId: example.orderId,
    kind: 'dispute-opened',
    amount: example.total,
    detail: 'fraudulent, needs_response',
    providerEventId: 'evt_1Q2w3e4r',
  },
})

export const RefundFailed = defineEvent({
  type: 'refund.failed',
  summary: 'The gateway has refused a refund; its amount can be refunded again.',
  stream: orderStream,
  schema: z.object({ ...refusal, refundId: z.uuid(), amount: Money }),
  example: {
    orderId: example.orderId,
    refundId: example.refundId,
    amount: { amount: 500, currency: 'GBP' },
    code: 'unexpected_state',
    detail: 'The charge is disputed.',
  },
})
