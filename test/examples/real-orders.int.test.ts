// Real invoices placed through the API, each with a discount, shipping and the tax of its country: every sum to the minor unit.
// RETAIL_CSV=<file.csv> RETAIL_ORDERS=300 npm test -- real-orders
import { readFileSync } from 'node:fs'
import { upsertProducts } from '#domains/catalog'
import { receiveStock } from '#domains/inventory'
import { catalogueOf } from '../../examples/retail-import/catalogue.ts'
import { orderOf, sortLines, type Invoice } from '../../examples/retail-import/invoices.ts'
import { inLanes } from '../../examples/retail-import/lanes.ts'
import { readRetailLines } from '../../examples/retail-import/retail-line.ts'
import { audit, isBroken } from '../../src/audit/index.ts'
import { say } from '../../src/cli/terminal/output.ts'
import { openShop, type Shop } from './shop.ts'

const CSV = process.env['RETAIL_CSV']
const ORDERS = Number(process.env['RETAIL_ORDERS'] || 300)
const LANES = 4

let shop: Shop
afterAll(() => shop?.close())

interface Money {
  amount: number
  currency: string
}

interface Part {
  discount: Money
  tax: Money
  total: Money
}

interface Costs extends Record<'items' | 'discount' | 'shipping' | 'tax' | 'total', Money> {
  taxIncluded: boolean
  taxes: { taxed: Money; amount: Money }[]
  discounts: { amount: Money }[]
  lines: Part[]
  shippingMethod?: Part
}

const sum = (all: readonly { amount: number }[]) => all.reduce((total, { amount }) => total + amount, 0)

/** What does not add up to the minor unit. */
function wrongSums({ lines, shippingMethod, taxes, discounts, ...costs }: Costs): string[] {
  const parts = shippingMethod ? [...lines, shippingMethod] : lines
  const { items, discount, shipping, tax, total, taxIncluded } = costs
  const sums: Record<string, [number, number]> = {
    'the parts are the total': [sum(parts.map((part) => part.total)), total.amount],
    'the discounts of the parts are the discount': [sum(parts.map((part) => part.discount)), discount.amount],
    'the discounts by code are the discount': [sum(discounts.map(({ amount }) => amount)), discount.amount],
    'the taxes of the parts are the tax': [sum(parts.map((part) => part.tax)), tax.amount],
    'the taxes by rate are the tax': [sum(taxes.map(({ amount }) => amount)), tax.amount],
    'items - discount + shipping + tax': [
      items.amount - discount.amount + shipping.amount + (taxIncluded ? 0 : tax.amount),
      total.amount,
    ],
  }
  return Object.entries(sums).flatMap(([what, [one, other]]) => (one === other ? [] : [`${what}: ${one}, ${other}`]))
}

const whenGiven = CSV ? it : it.skip

whenGiven(
  `${ORDERS} real orders cost what was quoted, and that is captured`,
  async () => {
    const lines = readRetailLines(readFileSync(CSV!, 'utf8'))
    const invoices = sortLines(lines, { guests: true }).invoices.slice(0, ORDERS)
    shop = await openShop()
    const { api, system } = shop
    const products = catalogueOf(lines)
    await upsertProducts(system.db, products)
    await receiveStock(
      system.db,
      products.map(({ sku }) => ({ sku, quantity: 1_000_000 })),
    )
    const totals = new Map<string, number>()
    const wrong: string[] = []
    const seen = { discounted: 0, taxed: 0, shipped: 0 }
    const place = async (invoice: Invoice) => {
      const order = { ...orderOf(invoice), discountCodes: ['WELCOME10'], shipping: { method: 'standard' } }
      const { customer: _customer, payment: _payment, shippingAddress, ...basket } = order
      const { country, city: _city, postalCode } = shippingAddress
      const quote = await api.post('/v1/quotes', { ...basket, shippingAddress: { country, postalCode } })
      const placed = await api.place(order, { 'idempotency-key': invoice.number })
      if (quote.status !== 200 || placed.status !== 202)
        return void wrong.push(`${invoice.number}: ${JSON.stringify([quote.body, placed.body])}`)
      const costs = placed.body.costs as Costs
      const faults = wrongSums(costs)
      if (JSON.stringify(quote.body.costs) !== JSON.stringify(costs)) faults.push('the quote is another one')
      wrong.push(...faults.map((fault) => `${invoice.number}: ${fault}`))
      totals.set(placed.body.id, costs.total.amount)
      seen.discounted += Number(costs.discount.amount > 0)
      seen.taxed += Number(costs.tax.amount > 0)
      seen.shipped += Number(costs.shipping.amount > 0)
    }
    await inLanes(invoices, LANES, place)
    expect(wrong.slice(0, 5)).toEqual([])
    await system.settled(600_000)
    const payments = await system.db.payment.findMany({ where: { status: 'captured' } })
    const rejected = await system.db.order.count({ where: { status: 'rejected' } }) // by the screening of fraud
    const otherwise = payments.filter(({ orderId, amount }) => totals.get(orderId) !== Number(amount))
    expect({ decided: payments.length + rejected, otherwise }).toEqual({ decided: invoices.length, otherwise: [] })
    const broken = (await audit(system.db)).filter((finding) => isBroken(finding))
    expect(broken).toEqual([])
    say(
      `${invoices.length} orders, ${payments.length} captured, ${JSON.stringify(seen)}, ${sum([...totals.values()].map((amount) => ({ amount })))} pence`,
    )
  },
  1_200_000,
)
