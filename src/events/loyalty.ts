import { z } from 'zod'
import { defineEvent } from '#messaging'
import { orderStream } from './order.ts'
import * as example from './example-order.ts'

const schema = z.object({ orderId: z.uuid(), email: z.string(), points: z.int().positive() })

export const PointsAwarded = defineEvent({
  type: 'points.awarded',
  summary: 'The customer has earned points with an order.',
  stream: orderStream,
  schema,
  example: { orderId: example.orderId, email: example.customer.email, points: 25 },
})

export const PointsRevoked = defineEvent({
  type: 'points.revoked',
  summary: 'Points of an order whose money was given back are gone again.',
  stream: orderStream,
  schema,
  example: { orderId: example.orderId, email: example.customer.email, points: 25 },
})
