import { z } from 'zod'
import { defineEvent } from '#messaging'
import { Money } from './money.ts'

export const ProductChanged = defineEvent({
  type: 'product.changed',
  summary: 'A product is offered as it says from now on. Orders that were placed keep their prices.',
  stream: ({ sku }) => `product-${sku}`,
  schema: z.object({
    sku: z.string(),
    /** Of the product: 1 for a new one. */
    version: z.int().positive(),
    name: z.string(),
    /** The first is what an order pays that names no currency. */
    prices: z.array(Money).min(1),
    /** Orders take it. */
    active: z.boolean(),
  }),
  example: {
    sku: 'MUG-01',
    version: 2,
    name: 'Enamel mug, white',
    prices: [
      { amount: 1_250, currency: 'GBP' },
      { amount: 1_490, currency: 'EUR' },
    ],
    active: true,
  },
})
