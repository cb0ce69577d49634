import { z } from 'zod'
import type { Costs, Money, OrderLine } from '#events'
import { plainCosts } from './cost.ts'

export const MoneyView = z
  .strictObject({ amount: z.int().min(0).describe('Minor units'), currency: z.string().describe('ISO 4217') })
  .meta({ id: 'Money' })

const part = {
  discount: MoneyView.describe('Taken off it'),
  tax: MoneyView.describe('On what is left, half up to the minor unit'),
  total: MoneyView.describe('With its discount taken off and its tax in it'),
}

export const CostsView = z
  .strictObject({
    items: MoneyView.describe('The lines, before discounts'),
    discount: MoneyView.describe('Taken off lines and shipping'),
    shipping: MoneyView.describe('Before its discount'),
    tax: MoneyView.describe('The sum of the taxes on each line and on the shipping'),
    taxIncluded: z.boolean().describe('Whether prices have their tax in them; otherwise it is added'),
    total: MoneyView.describe(
      'items - discount + shipping, + tax where it is not included; also the sum of the totals of its parts',
    ),
    discounts: z.array(z.strictObject({ code: z.string(), amount: MoneyView })),
    taxes: z.array(
      z.strictObject({
        name: z.string(),
        percent: z.string(),
        taxed: MoneyView.describe('Without the tax'),
        amount: MoneyView,
      }),
    ),
    shippingMethod: z
      .strictObject({ method: z.string(), name: z.string(), price: MoneyView, ...part })
      .optional()
      .describe('Left out where nothing is charged for shipping'),
    lines: z.array(z.strictObject(part)).describe('One for each line, in their order'),
  })
  .meta({ id: 'Costs' })
export type CostsView = z.infer<typeof CostsView>

interface Costed {
  readonly costs?: Costs | null | undefined
  readonly lines: readonly Pick<OrderLine, 'quantity' | 'unitPrice'>[]
  readonly total: Money
}

/** What an order or a quote costs, as the API shows it: every amount with its currency. */
export function toCostsView({ costs, lines, total }: Costed): CostsView {
  const money = (amount: number) => ({ amount, currency: total.currency })
  const { items, discount, shipping, tax, taxIncluded, ...parts } = costs ?? plainCosts(lines, total.amount)
  const { discounts, taxes, shippingMethod } = parts
  const partView = (one: Costs['lines'][number]) => ({
    discount: money(one.discount),
    tax: money(one.tax),
    total: money(one.total),
  })
  return {
    items: money(items),
    discount: money(discount),
    shipping: money(shipping),
    tax: money(tax),
    taxIncluded,
    total: money(total.amount),
    discounts: discounts.map(({ code, amount }) => ({ code, amount: money(amount) })),
    taxes: taxes.map(({ name, percent, taxed, amount }) => {
      return { name, percent, taxed: money(taxed), amount: money(amount) }
    }),
    ...(shippingMethod && {
      shippingMethod: {
        method: shippingMethod.method,
        name: shippingMethod.name,
        price: money(shippingMethod.price),
        ...partView(shippingMethod),
      },
    }),
    lines: parts.lines.map(partView),
  }
}
