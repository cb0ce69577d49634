import { z } from 'zod'
import { defineEvent } from '#messaging'
import { orderStream } from './order.ts'
import * as example from './example-order.ts'

const schema = z.object({ orderId: z.uuid(), points: z.int().positive() })
// Version 1 named the customer by the e-mail address; since then the order tells whose points they are.
const upcasts = { 1: ({ email: _email, ...change }: { email: string }) => change }

export const PointsAwarded = defineEvent({
  type: 'points.awarded',
  version: 2,
  upcasts,
  summary: 'The customer has earned points with an order.',
  stream: orderStream,
  schema,
  example: { orderId: example.orderId, points: 25 },
})

export const PointsRevoked = defineEvent({
  type: 'points.revoked',
  version: 2,
  upcasts,
  summary: 'Points of an order whose money was given back are gone again.',
  stream: orderStream,
  schema,
  example: { orderId: example.orderId, points: 25 },
})
