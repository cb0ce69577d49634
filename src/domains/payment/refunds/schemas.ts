import { z } from 'zod'
import { RefundReason } from '#events'
import { LIMITS, MoneyView } from '#domains/pricing'
import { text } from '#http'

const Line = z.strictObject({
  sku: text(1, 64, 'MUG-01').describe('Of a line of the order'),
  quantity: z.int().min(1).max(LIMITS.quantity),
})

export const NewRefund = z
  .strictObject({
    amount: z
      .strictObject({ amount: z.int().min(1).describe('Minor units'), currency: z.string().length(3) })
      .optional()
      .describe('So much, for no line in particular: goodwill, say. Not together with `lines` or `shipping`'),
    lines: z
      .array(Line.meta({ id: 'NewRefundLine' }))
      .min(1)
      .max(LIMITS.lines)
      .optional()
      .describe('What was paid for these pieces, with their discount and tax'),
    shipping: z.literal(true).optional().describe('What was paid for the shipping'),
    reason: RefundReason.default('other'),
  })
  .meta({ id: 'NewRefund' })
export type NewRefund = z.infer<typeof NewRefund>

export const RefundView = z
  .strictObject({
    id: z.uuid(),
    orderId: z.uuid(),
    status: z
      .enum(['requested', 'succeeded', 'failed'])
      .describe(
        'requested: the payment gateway is asked; failed: it has refused, and the amount can be refunded again',
      ),
    amount: MoneyView,
    reason: RefundReason,
    lines: z.array(z.strictObject({ sku: z.string(), quantity: z.int(), amount: MoneyView })),
    shipping: z.boolean(),
    requestedAt: z.iso.datetime(),
    settledAt: z.iso.datetime().nullable(),
    code: z.string().nullable().describe('Why it failed'),
  })
  .meta({ id: 'Refund' })
export type RefundView = z.infer<typeof RefundView>

export const RefundList = z
  .strictObject({
    refunds: z.array(RefundView).describe('The oldest first'),
    refundable: MoneyView.describe('What can still be refunded now'),
  })
  .meta({ id: 'RefundList' })
