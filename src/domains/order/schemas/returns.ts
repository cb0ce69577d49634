import { z } from 'zod'
import { LIMITS, MoneyView } from '#domains/pricing'
import { text } from '#http'

export const ReturnView = z
  .strictObject({
    id: z
      .uuid()
      .describe('Also of the refund of these pieces; with the last pieces the rest of the money goes back without one'),
    amount: MoneyView.describe(
      'What was paid for these pieces. A refund that paid for some of them before is taken off',
    ),
    lines: z.array(
      z
        .strictObject({
          sku: z.string(),
          quantity: z.int(),
          restocked: z.boolean().describe('They can be sold again'),
          amount: MoneyView,
        })
        .meta({ id: 'ReturnedLine' }),
    ),
  })
  .meta({ id: 'Return' })

export const ReturnList = z
  .strictObject({ returns: z.array(ReturnView).describe('Oldest first') })
  .meta({ id: 'ReturnList' })

export const NewReturn = z
  .strictObject({
    lines: z
      .array(
        z
          .strictObject({
            sku: text(1, 64, 'MUG-01').describe('Of a line of the order'),
            quantity: z
              .int()
              .min(1)
              .max(LIMITS.quantity)
              .optional()
              .describe('Without it, all that are left of the line'),
            restock: z
              .boolean()
              .default(true)
              .describe('False for goods that cannot be sold again: they stay off the shelf'),
          })
          .meta({ id: 'NewReturnLine' }),
      )
      .min(1)
      .max(LIMITS.lines)
      .optional()
      .describe('Without them, everything that is left'),
    reason: text(1, 500, 'Too small').optional().describe('Goes into the return.received event'),
  })
  .meta({ id: 'NewReturn' })
