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
  summary: 'Taken money was given back.',
  stream: orderStream,
  schema: z.object({ orderId, amount: Money }),
  example: { orderId: example.orderId, amount: example.total },
})
