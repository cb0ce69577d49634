import type { Costs, Money, OrderLine } from '#events'
import { Refusal } from '#http'
import { LIMITS, type Basket } from './basket.ts'
import { takeOff, wantedDiscounts } from './discounts.ts'
import type { Destination, Rates } from './rates/rates.ts'
import { wantedMethod } from './shipping.ts'
import { percentOf, taxWithin } from './rounding.ts'

/** What it costs in all, and of what that is made up; `costs` only where a rule of the shop has a part in it. */
export interface Cost {
  readonly total: Money
  readonly costs?: Costs
}

/**
 * What a basket costs by the rates of the shop. Pure, and whole minor units everywhere, so its parts always add up:
 *
 * 1. Discounts on the lines of some SKUs, then those on all lines, in the order of the codes. Each is computed once over what is left
 *    of the lines that it is on, rounded half up, never more than that, and distributed over them by largest remainder.
 * 2. Shipping, and the discounts on it.
 * 3. Tax for each line and for the shipping, on what is left of it, rounded half up. So the tax of an order is the sum of its lines'.
 *
 * @throws Refusal for a code or method that is not there, or not for this basket
 */
export function costOf(basket: Basket, rates: Rates): Cost {
  const { lines, currency, to } = basket
  const prices = lines.map(({ quantity, unitPrice }) => quantity * unitPrice)
  const items = sum(prices)
  const discounts = wantedDiscounts(basket, rates, items)
  const onLines = takeOff(lines, prices, discounts, currency)
  const method = wantedMethod(basket, rates, items - sum(onLines.taken))
  const price = method?.price ?? 0
  const onShipping = takeOff(undefined, [price], discounts, currency)
  const isIncluded = rates.isTaxIncluded(to)
  const taxes = new Taxes(rates, to, isIncluded)
  const parts = lines.map(({ sku }, index) => taxes.on({ sku }, prices[index]!, onLines.taken[index]!))
  const shipping = method && taxes.on('shipping', price, onShipping.taken[0]!)
  const total = sum([...parts, ...(shipping ? [shipping] : [])].map((part) => part.total))
  refuseTooMuch(Math.max(total, items))
  const money = { total: { amount: total, currency } }
  if (discounts.length === 0 && !method && taxes.all.length === 0) return money
  return {
    ...money,
    costs: {
      items,
      discount: sum(onLines.taken) + sum(onShipping.taken),
      shipping: price,
      tax: sum(taxes.all.map(({ amount }) => amount)),
      taxIncluded: isIncluded,
      discounts: [...onLines.discounts, ...onShipping.discounts],
      taxes: taxes.all,
      ...(method && shipping && { shippingMethod: { method: method.code, name: method.name, price, ...shipping } }),
      lines: parts,
    },
  }
}

/** What a basket costs when no rule has a part in it, in the same words. */
export function plainCosts(lines: readonly Pick<OrderLine, 'quantity' | 'unitPrice'>[], total: number): Costs {
  const parts = lines.map(({ quantity, unitPrice }) => ({ discount: 0, tax: 0, total: quantity * unitPrice }))
  const nothing = { discount: 0, shipping: 0, tax: 0, taxIncluded: true, discounts: [], taxes: [] }
  return { items: total, ...nothing, lines: parts }
}

/** The taxes of one order: of each part, and summed up by their rates. */
class Taxes {
  readonly all: Costs['taxes'] = []
  private readonly rates: Rates
  private readonly to: Destination
  private readonly isIncluded: boolean
  constructor(rates: Rates, to: Destination, isIncluded: boolean) {
    this.rates = rates
    this.to = to
    this.isIncluded = isIncluded
  }

  /** A part after its discount, with its tax. */
  on(part: Parameters<Rates['taxOn']>[0], price: number, discount: number) {
    const left = price - discount
    const rate = this.rates.taxOn(part, this.to)
    if (!rate) return { discount, tax: 0, total: left }
    const tax = this.isIncluded ? taxWithin(left, rate.percent) : percentOf(left, rate.percent)
    const known = this.all.find(({ name, percent }) => name === rate.name && percent === rate.percent)
    const entry = known ?? { ...rate, taxed: 0, amount: 0 }
    if (!known) this.all.push(entry)
    entry.taxed += this.isIncluded ? left - tax : left
    entry.amount += tax
    return { discount, tax, total: this.isIncluded ? left : left + tax }
  }
}

const sum = (amounts: readonly number[]) => amounts.reduce((all, amount) => all + amount, 0)

function refuseTooMuch(amount: number) {
  if (amount > LIMITS.total)
    throw new Refusal('invalid', 'total-too-large', 'The total is more than one order may cost; split the order.')
}
