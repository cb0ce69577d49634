import { z } from 'zod'
import { pageLimit, text } from '#http'
import type { StoredProduct } from './products.ts'

/** Of ISO 4217, as far as this release of Node knows them. */
const CURRENCIES: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'))

const Price = z
  .strictObject({
    amount: z.int().min(0).max(2_147_483_647).describe('Minor units by ISO 4217: pence, cents; whole yen; fils'),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, 'must be a currency of ISO 4217, such as EUR')
      .refine((code) => CURRENCIES.has(code), 'must be a currency of ISO 4217, such as EUR')
      .meta({ examples: ['EUR'] })
      .describe('ISO 4217'),
  })
  .meta({ id: 'Price' })

const Prices = z
  .array(Price)
  .min(1)
  .max(50)
  .refine((prices) => new Set(prices.map(({ currency }) => currency)).size === prices.length, {
    message: 'must not hold two prices in one currency',
  })
  .describe('One for each currency it is sold in. The first is what an order pays that names no currency')

const name = text(1, 200, 'Enamel mug, white')

export const Sku = z.strictObject({ sku: text(1, 64, 'MUG-01') })

export const ProductContent = z
  .strictObject({ name, prices: Prices, active: z.boolean().default(true).describe('Orders take it') })
  .meta({ id: 'ProductContent' })
export type ProductContent = z.infer<typeof ProductContent>

export const ProductLine = z
  .strictObject({
    ...Sku.shape,
    ...ProductContent.shape,
    ifVersion: z
      .int()
      .min(0)
      .optional()
      .describe('The `version` that was read, 0 for none: the line is refused when somebody else was faster'),
  })
  .meta({ id: 'ProductLine' })

export const ProductChange = ProductContent.extend({ active: z.boolean() }).partial().meta({ id: 'ProductChange' })
export type ProductChange = z.infer<typeof ProductChange>

export const ProductView = z
  .strictObject({
    sku: z.string(),
    name: z.string(),
    price: z.strictObject({ amount: z.int().describe('Minor units'), currency: z.string().describe('ISO 4217') }),
    prices: z
      .array(z.strictObject({ amount: z.int(), currency: z.string() }))
      .describe('All of them, the first is `price`'),
    available: z.int().describe('Pieces that can be ordered at this moment'),
    active: z.boolean().describe('Orders take it'),
    version: z.int().min(1).describe('Grows with each change; also the `ETag`'),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Product' })
export type ProductView = z.infer<typeof ProductView>

export const ProductPage = z
  .strictObject({
    products: z.array(ProductView),
    next: z.string().nullable().describe('Cursor of the next page; null at the end'),
  })
  .meta({ id: 'ProductPage' })

export const ProductQuery = z.strictObject({
  active: z.enum(['yes', 'no', 'all']).default('yes').describe('`no` and `all` show what orders do not take any more'),
  cursor: z.string().max(200).optional().describe('`next` of the page before'),
  limit: pageLimit,
})

/** All prices of a product, the first one first, the others by currency. */
export const pricesOf = ({ price, currency, prices }: Pick<StoredProduct, 'price' | 'currency' | 'prices'>) => [
  { amount: price, currency },
  ...Object.entries(prices)
    .filter(([other]) => other !== currency)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([code, amount]) => ({ amount, currency: code })),
]
