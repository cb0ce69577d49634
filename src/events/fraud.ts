import { z } from 'zod'
import { defineEvent } from '#messaging'
import { orderStream } from './order.ts'
import * as example from './example-order.ts'

const orderId = z.uuid()

export const FraudCleared = defineEvent({
  type: 'fraud.cleared',
  summary: 'Screening found nothing that speaks against the order.',
  stream: orderStream,
  schema: z.object({ orderId, score: z.int().min(0).max(100) }),
  example: { orderId: example.orderId, score: 5 },
})

export const FraudFlagged = defineEvent({
  type: 'fraud.flagged',
  summary: 'Screening advises against the order.',
  stream: orderStream,
  schema: z.object({ orderId, score: z.int().min(0).max(100), reasons: z.array(z.string()).min(1) }),
  example: { orderId: example.orderId, score: 80, reasons: ['The address has been used for fraud before.'] },
})
