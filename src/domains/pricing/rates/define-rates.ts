import { toMinorUnits } from '../currency.ts'
import { partsOf } from '../rounding.ts'
import type { Destination, Discount, Rates, ShippingMethod, TaxRate } from './rates.ts'

/** By currency, in its major unit with its decimals: `{ GBP: '4.95', JPY: '500' }`. */
type Amounts = Readonly<Record<string, string>>

interface TaxRule extends TaxRate {
  readonly country: string
  /** Anywhere in the country, if left out. */
  readonly region?: string
  /** On the lines of these SKUs alone; on everything, if left out. */
  readonly skus?: readonly string[]
  /** Prices have it in them. The same for all rules of a country. @default false */
  readonly included?: boolean
}

interface ShippingRule {
  readonly code: string
  readonly name: string
  /** Everywhere, if left out. */
  readonly countries?: readonly string[]
  readonly prices: Amounts
  readonly freeFrom?: Amounts
}

interface DiscountRule {
  readonly code: string
  /** @default 'lines' */
  readonly on?: 'lines' | 'shipping'
  readonly skus?: readonly string[]
  readonly off: { readonly percent: string } | Amounts
  readonly minimum?: Amounts
  /** ISO 8601. It is valid from the one on and before the other. */
  readonly from?: string
  readonly until?: string
}

export interface RatesTable {
  /** The first that fits a line decides: put the narrower one first. */
  readonly taxes?: readonly TaxRule[]
  readonly shippingMethods?: readonly ShippingRule[]
  readonly discounts?: readonly DiscountRule[]
}

/**
 * Rates from a table. A rule of another kind is a function in place of one of them: `{ ...defineRates(table), taxOn: … }`.
 * @throws TypeError for an amount, a percentage or a time that is none
 */
export function defineRates({ taxes = [], shippingMethods = [], discounts = [] }: RatesTable): Rates {
  for (const { percent } of taxes) partsOf(percent)
  const included = includedBy(taxes)
  const methods = shippingMethods.map(toMethod)
  const byCode = new Map(discounts.map((rule) => [rule.code.toUpperCase(), toDiscount(rule)]))
  return {
    discountFor(code, at) {
      const found = byCode.get(code)
      return found && found.from <= at && at < found.until ? found.discount : undefined
    },
    shippingTo: (to, currency) => methods.flatMap((method) => method(to, currency) ?? []),
    isTaxIncluded: ({ country }) => included.get(country) ?? true,
    taxOn(part, to) {
      const rule = taxes.find((one) => fits(one, part, to))
      return rule && { name: rule.name, percent: rule.percent }
    },
  }
}

function includedBy(taxes: readonly TaxRule[]): Map<string, boolean> {
  const countries = new Map<string, boolean>()
  for (const { country, included = false } of taxes) {
    if ((countries.get(country) ?? included) !== included)
      throw new TypeError(`Prices to ${country} either include their tax or do not: its rules say both`)
    countries.set(country, included)
  }
  return countries
}

function fits({ country, region, skus }: TaxRule, part: Parameters<Rates['taxOn']>[0], to: Destination): boolean {
  if (country !== to.country) return false
  if (region !== undefined && region.toUpperCase() !== to.region?.toUpperCase()) return false
  return skus === undefined || (part !== 'shipping' && skus.includes(part.sku))
}

function toMethod({ code, name, countries, prices, freeFrom = {} }: ShippingRule) {
  const [priceIn, freeIn] = [inMinorUnits(prices), inMinorUnits(freeFrom)]
  return (to: Destination, currency: string): ShippingMethod | undefined => {
    const price = priceIn.get(currency)
    if (price === undefined || (countries && !countries.includes(to.country))) return undefined
    return { code, name, price, freeFrom: freeIn.get(currency) }
  }
}

function toDiscount({ code, on = 'lines', skus, off, minimum, from, until }: DiscountRule) {
  const discount: Discount = {
    code: code.toUpperCase(),
    on,
    skus: skus && new Set(skus),
    off: isPercent(off) ? checked(off.percent) : inMinorUnits(off),
    from: minimum && inMinorUnits(minimum),
  }
  return { discount, from: moment(from, -8.64e15), until: moment(until, 8.64e15) }
}

const isPercent = (off: DiscountRule['off']): off is { percent: string } => 'percent' in off

function checked(percent: string): string {
  if (partsOf(percent) > partsOf('100')) throw new TypeError(`A discount of ${percent} % is more than everything`)
  return percent
}

function moment(text: string | undefined, otherwise: number): Date {
  const time = new Date(text ?? otherwise)
  if (Number.isNaN(time.getTime())) throw new TypeError(`'${text}' is no time such as 2026-12-01T00:00:00Z`)
  return time
}

const inMinorUnits = (amounts: Amounts): ReadonlyMap<string, number> =>
  new Map(Object.entries(amounts).map(([currency, amount]) => [currency, toMinorUnits(amount, currency)]))
