import type { Costs, OrderLine } from '#events'
import type { Fault } from '#http'
import { refuseFaulty, type Basket } from './basket.ts'
import type { Discount, Rates } from './rates/rates.ts'
import { distribute, percentOf } from './rounding.ts'

/** The discounts behind the codes, those on some SKUs first. A code counts once. @throws Refusal for one that is not for this basket */
export function wantedDiscounts(
  { discountCodes = [], lines, currency, at }: Basket,
  rates: Rates,
  items: number,
): Discount[] {
  if (discountCodes.length === 0) return []
  const asked = discountCodes.map((code) => rates.discountFor(code.toUpperCase(), at))
  const unknown = asked.flatMap((discount, index) =>
    discount
      ? []
      : [faultAt(index, 'unknown-discount-code', `'${discountCodes[index]!}' is no code that is valid now`)],
  )
  refuseFaulty(unknown, 'unknown-discount-code', 'Not every discount code is valid')
  const found = asked as Discount[]
  const unfit = found.flatMap((discount, index) => {
    const why = whyNot(discount, lines, currency, items)
    return why === undefined ? [] : [faultAt(index, 'discount-not-applicable', `${discount.code} ${why}`)]
  })
  refuseFaulty(unfit, 'discount-not-applicable', 'Not every discount is for this order')
  return [...new Set(found)].toSorted((a, b) => Number(b.skus !== undefined) - Number(a.skus !== undefined))
}

const faultAt = (index: number, code: string, detail: string): Fault => ({
  pointer: `/discountCodes/${index}`,
  code,
  detail,
})

function whyNot({ skus, off, from }: Discount, lines: readonly OrderLine[], currency: string, items: number) {
  if (typeof off !== 'string' && !off.has(currency)) return `is not for orders in ${currency}`
  if (from && !from.has(currency)) return `is not for orders in ${currency}`
  if (from && items < from.get(currency)!) return 'is for orders that cost more'
  if (skus && !lines.some(({ sku }) => skus.has(sku))) return 'is for other products'
  return undefined
}

/**
 * What is taken off each of these prices, and by which discount.
 * @param lines whose prices these are; without them it is the price of the shipping
 */
export function takeOff(
  lines: readonly OrderLine[] | undefined,
  prices: readonly number[],
  discounts: readonly Discount[],
  currency: string,
) {
  const taken = prices.map(() => 0)
  const given: Costs['discounts'] = []
  for (const { code, on, skus, off } of discounts) {
    if (on !== (lines ? 'lines' : 'shipping')) continue
    const left = prices.map((price, index) =>
      skus === undefined || skus.has(lines?.[index]?.sku ?? '') ? price - taken[index]! : 0,
    )
    const base = left.reduce((all, price) => all + price, 0)
    const amount = typeof off === 'string' ? percentOf(base, off) : Math.min(base, off.get(currency)!)
    for (const [index, part] of distribute(amount, left).entries()) taken[index]! += part
    given.push({ code, amount })
  }
  return { taken, discounts: given }
}
