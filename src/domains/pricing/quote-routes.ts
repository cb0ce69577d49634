import { z } from 'zod'
import { productsOf } from '#domains/catalog'
import { exponentOf } from '#events'
import { country, defineRoute, text, type Route } from '#http'
import type { Database } from '#platform/database'
import { priceLines, wanted } from './basket.ts'
import { costOf } from './cost.ts'
import { CostsView, MoneyView, toCostsView } from './costs-view.ts'
import type { Rates } from './rates/rates.ts'
import { SHOP_RATES } from './rates/shop-rates.ts'
import { methodsFor } from './shipping.ts'

const QuoteRequest = z
  .strictObject({
    ...wanted,
    shippingAddress: z
      .strictObject({
        country,
        region: text(1, 100, 'CA').optional(),
        postalCode: text(1, 20, 'SW1Y 4JH').optional(),
      })
      .describe('As much of it as the costs depend on'),
  })
  .meta({ id: 'QuoteRequest' })
type QuoteRequest = z.infer<typeof QuoteRequest>

const Quote = z
  .strictObject({
    total: MoneyView,
    exponent: z.int().min(0).max(4).describe('Decimals of the currency by ISO 4217: GBP 2, JPY 0, KWD 3'),
    lines: z.array(
      z
        .strictObject({ sku: z.string(), name: z.string(), quantity: z.int(), unitPrice: MoneyView })
        .meta({ id: 'QuoteLine' }),
    ),
    costs: CostsView,
    shippingMethods: z
      .array(
        z
          .strictObject({ method: z.string(), name: z.string(), price: MoneyView.describe('Before discounts and tax') })
          .meta({ id: 'ShippingMethod' }),
      )
      .describe('What this could be sent with'),
  })
  .meta({ id: 'Quote' })

interface Needs {
  db: Database
  /** @default those of the shop */
  rates?: Rates
}

/** The immediate question of what an order would cost. */
export function quoteRoutes({ db, rates = SHOP_RATES }: Needs): Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/v1/quotes',
      operationId: 'quote',
      summary: 'What an order would cost now',
      description:
        'Computed as an order is at its placing, from the same members of the request. Nothing is stored and nothing is set aside: ' +
        'prices and rates may change before the order is placed, which keeps its own.',
      tag: 'Orders',
      scope: 'any',
      body: QuoteRequest,
      idempotency: 'itself',
      example: { body: { lines: [{ sku: 'MUG-01', quantity: 2 }], shippingAddress: { country: 'GB' } } },
      replies: { 200: { description: 'The costs, and the ways to send it', schema: Quote } },
      refusals: {
        422: 'validation-failed, unknown-sku, product-inactive, currency-not-offered, quantity-too-large, total-too-large, mixed-currencies, unknown-discount-code, discount-not-applicable, shipping-not-available',
      },
      handle: async ({ body }) => ({ status: 200, body: await quote(db, rates, body) }),
    }),
  ]
}

async function quote(db: Database, rates: Rates, { shippingAddress: to, ...request }: QuoteRequest) {
  const offers = await productsOf(db, [...new Set(request.lines.map(({ sku }) => sku))])
  const { lines, currency } = priceLines(request, offers)
  const basket = { ...request, lines, currency, to, at: new Date() }
  const cost = costOf(basket, rates)
  const money = (amount: number) => ({ amount, currency })
  const costs = toCostsView({ ...cost, lines })
  const left = costs.items.amount - costs.lines.reduce((all, { discount }) => all + discount.amount, 0)
  return {
    total: cost.total,
    exponent: exponentOf(currency),
    lines: lines.map(({ sku, name, quantity, unitPrice }) => ({ sku, name, quantity, unitPrice: money(unitPrice) })),
    costs,
    shippingMethods: methodsFor(basket, rates, left).map(({ code, name, price }) => {
      return { method: code, name, price: money(price) }
    }),
  }
}
