/** Where an order goes, as far as its costs depend on it. */
export interface Destination {
  /** ISO 3166-1, two letters. */
  readonly country: string
  /** As in the address: of ISO 3166-2 (`CA`), or its name. */
  readonly region?: string | undefined
  readonly postalCode?: string | undefined
}

export interface TaxRate {
  readonly name: string
  /** Up to four decimals: `8.875`. */
  readonly percent: string
}

export interface ShippingMethod {
  readonly code: string
  readonly name: string
  /** Minor units. */
  readonly price: number
  /** Costs nothing once the lines, after their discounts, cost so much. */
  readonly freeFrom?: number | undefined
}

export interface Discount {
  readonly code: string
  readonly on: 'lines' | 'shipping'
  /** It is taken off the lines of these SKUs alone, before discounts on all. */
  readonly skus?: ReadonlySet<string> | undefined
  /** A percentage, or minor units by currency. */
  readonly off: string | ReadonlyMap<string, number>
  /** What the lines must cost before discounts, in minor units by currency. */
  readonly from?: ReadonlyMap<string, number> | undefined
}

/**
 * The rules of a shop: what is asked of them, whatever they are made of. They answer at once and the same each time, for an order
 * is computed while its transaction is open, and a quote must be what the order will cost.
 */
export interface Rates {
  /** The discount behind a code (in capitals) at this time. */
  discountFor(code: string, at: Date): Discount | undefined
  shippingTo(to: Destination, currency: string): readonly ShippingMethod[]
  /** Whether prices there have their tax in them. */
  isTaxIncluded(to: Destination): boolean
  /** The tax on a line, or on the shipping. */
  taxOn(part: { readonly sku: string } | 'shipping', to: Destination): TaxRate | undefined
}

/** A shop without any: the total is what its lines cost. */
export const NO_RATES: Rates = {
  discountFor: () => undefined,
  shippingTo: () => [],
  isTaxIncluded: () => true,
  taxOn: () => undefined,
}
