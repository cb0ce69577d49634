import { z } from 'zod'
import { MoneyView } from '#domains/pricing'
import { text } from '#http'
import { NamedLine, namedLines } from './named-lines.ts'

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
    lines: namedLines(
      NamedLine.extend({
        restock: z
          .boolean()
          .default(true)
          .describe('False for goods that cannot be sold again: they stay off the shelf'),
      }).meta({ id: 'NewReturnLine' }),
    )
      .optional()
      .describe('Without them, everything that is left'),
    reason: text(1, 500, 'Too small').optional().describe('Goes into the return.received event'),
  })
  .meta({ id: 'NewReturn' })
