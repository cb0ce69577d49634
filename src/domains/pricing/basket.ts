import { z } from 'zod'
import type { OrderLine } from '#events'
import { type Fault, Refusal, text } from '#http'
import type { Destination } from './rates/rates.ts'

/** Limits of one order; real invoices run to a thousand lines. */
export const LIMITS = { lines: 1_000, quantity: 100_000, total: 999_999_999_999, codes: 10 } as const

const Sku = text(1, 64, 'MUG-01').describe('Stock-keeping unit, as in the catalogue')

const LineInput = z
  .strictObject({ sku: Sku, quantity: z.int().min(1).max(LIMITS.quantity) })
  .meta({ id: 'NewOrderLine' })

/** What an order and a quote say of what is wanted. */
export const wanted = {
  lines: z
    .array(LineInput)
    .min(1)
    .max(LIMITS.lines)
    .describe(
      `What is ordered. Prices come from the catalogue. A SKU that stands in several lines becomes one line with the sum of the quantities, at most ${LIMITS.quantity}.`,
    ),
  shipping: z
    .strictObject({ method: text(1, 64, 'standard').describe('One of the `shippingMethods` of a quote') })
    .optional()
    .describe('How it is sent. Without it nothing is charged for shipping'),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'must be a currency of ISO 4217, such as EUR')
    .meta({ examples: ['GBP'] })
    .meta({ examples: ['GBP'] })
    .optional()
    .describe(
      'What is paid in (ISO 4217). Every product must have a price in it. Without it the first price of each counts',
    ),
  discountCodes: z
    .array(text(1, 64, 'WELCOME10'))
    .max(LIMITS.codes)
    .optional()
    .describe('Capitals and small letters are the same'),
}

/** What is wanted, where to and when. */
export interface Wanted {
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[]
  readonly shipping?: { readonly method: string } | undefined
  readonly currency?: string | undefined
  readonly discountCodes?: readonly string[] | undefined
  readonly to: Destination
  readonly at: Date
}

/** The same with prices. */
export interface Basket extends Omit<Wanted, 'lines'> {
  readonly lines: readonly OrderLine[]
  readonly currency: string
}

/** What is asked of the catalogue: name and price of a SKU at this moment. */
export interface Offer {
  readonly name: string
  readonly price: number
  readonly currency: string
  /** In other currencies: minor units by ISO 4217 code. */
  readonly prices?: Readonly<Record<string, number>>
  /** @default true */
  readonly active?: boolean
}

/**
 * The lines at the prices of the offers; those of one SKU become one.
 * @throws Refusal naming every line that cannot be sold as asked
 */
export function priceLines(
  { lines: asked, currency: wished }: Pick<Wanted, 'lines' | 'currency'>,
  offers: ReadonlyMap<string, Offer>,
) {
  refuseFaulty(unknownSkus(asked, offers), 'unknown-sku', 'The catalogue does not know every SKU of this order')
  refuseFaulty(notForSale(asked, offers), 'product-inactive', 'Not every product of this order is for sale')
  refuseFaulty(notIn(wished, asked, offers), 'currency-not-offered', 'Not every product has a price in that currency')
  const quantities = merged(asked)
  refuseFaulty(tooMany(asked, quantities), 'quantity-too-large', 'The lines of one SKU add up to too much')
  const lines = [...quantities].map(([sku, quantity]): OrderLine => {
    const offer = offers.get(sku)!
    return { sku, name: offer.name, quantity, unitPrice: priceIn(offer, wished ?? offer.currency)! }
  })
  return { lines, currency: wished ?? currencyOf(lines, offers) }
}

/** Quantities by SKU, in the order in which the SKUs first appear. */
function merged(lines: Wanted['lines']): Map<string, number> {
  const quantities = new Map<string, number>()
  for (const { sku, quantity } of lines) quantities.set(sku, (quantities.get(sku) ?? 0) + quantity)
  return quantities
}

const priceIn = ({ price, currency, prices = {} }: Offer, wanted: string): number | undefined =>
  wanted === currency ? price : prices[wanted]

function unknownSkus(lines: Wanted['lines'], offers: ReadonlyMap<string, Offer>): Fault[] {
  return lines.flatMap(({ sku }, index) =>
    offers.has(sku)
      ? []
      : [{ pointer: `/lines/${index}/sku`, code: 'unknown-sku', detail: `'${sku}' is not in the catalogue` }],
  )
}

function notForSale(lines: Wanted['lines'], offers: ReadonlyMap<string, Offer>): Fault[] {
  return lines.flatMap(({ sku }, index) => {
    if (offers.get(sku)!.active !== false) return []
    return [{ pointer: `/lines/${index}/sku`, code: 'product-inactive', detail: `'${sku}' is not for sale any more` }]
  })
}

function notIn(wished: string | undefined, lines: Wanted['lines'], offers: ReadonlyMap<string, Offer>): Fault[] {
  if (wished === undefined) return []
  return lines.flatMap(({ sku }, index) => {
    const offer = offers.get(sku)!
    if (priceIn(offer, wished) !== undefined) return []
    const has = [offer.currency, ...Object.keys(offer.prices ?? {})].join(', ')
    const detail = `'${sku}' has no price in ${wished}; it has ${has}`
    return [{ pointer: `/lines/${index}/sku`, code: 'currency-not-offered', detail }]
  })
}

function tooMany(lines: Wanted['lines'], quantities: ReadonlyMap<string, number>): Fault[] {
  return [...quantities].flatMap(([sku, quantity]) => {
    if (quantity <= LIMITS.quantity) return []
    const pointer = `/lines/${lines.findIndex((line) => line.sku === sku)}/quantity`
    const detail = `'${sku}' is ordered ${quantity} times in all; ${LIMITS.quantity} is the most`
    return [{ pointer, code: 'quantity-too-large', detail }]
  })
}

export function refuseFaulty(faults: readonly Fault[], code: string, message: string) {
  if (faults.length > 0) throw new Refusal('invalid', code, `${message}; see errors.`, { faults })
}

function currencyOf(lines: readonly OrderLine[], offers: ReadonlyMap<string, Offer>): string {
  const currencies = new Set(lines.map(({ sku }) => offers.get(sku)!.currency))
  if (currencies.size > 1) {
    const named = [...currencies].toSorted().join(' and ')
    throw new Refusal(
      'invalid',
      'mixed-currencies',
      `One order is paid in one currency; these lines are priced in ${named}. Name one as \`currency\` if all have a price in it.`,
    )
  }
  return [...currencies][0]!
}
