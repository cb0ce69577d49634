import type { RecordedOf } from '#messaging'
import type { OrderCancelled, OrderConfirmed, OrderExpired, OrderPlaced, OrderRejected, OrderShipped } from '#events'

export type SaleFact = RecordedOf<
  | typeof OrderPlaced
  | typeof OrderConfirmed
  | typeof OrderRejected
  | typeof OrderCancelled
  | typeof OrderExpired
  | typeof OrderShipped
>

export interface SoldLine {
  sku: string
  quantity: number
  /** Minor units. */
  amount: number
}

/** An order that may still be called off: what a cancellation takes back. */
export interface OpenOrder {
  orderId: string
  country: string
  currency: string
  /** Minor units; 0 until it is confirmed, as its lines are empty. */
  total: number
  lines: readonly SoldLine[]
}

/** A day in UTC, as `2026-11-21`. */
type Day = string

export const COUNTED = ['placed', 'confirmed', 'rejected', 'cancelled', 'expired'] as const

/** One more of something, on one day in one country. */
export interface DayAddend {
  day: Day
  country: string
  currency: string
  what: (typeof COUNTED)[number]
  /** Minor units. */
  revenue: number
}

/** One addend to the counters of a product on a day. */
export interface ProductAddend {
  day: Day
  sku: string
  currency: string
  quantity: number
  revenue: number
}

export interface Counted {
  /** The order as it is open from now on; undefined when nothing can be taken back any more. */
  open: OpenOrder | undefined
  day?: DayAddend
  products: ProductAddend[]
}

/**
 * What the next fact of an order adds. Revenue counts on the day of the confirmation, and is taken back on that of the
 * cancellation. An order whose placing is not among the events counts from its confirmation on.
 */
export function countSale(open: OpenOrder | undefined, { type, time, data }: SaleFact): Counted {
  const day = time.toISOString().slice(0, 10)
  switch (type) {
    case 'order.placed': {
      const { orderId, shippingAddress, total } = data
      const placed = { orderId, country: shippingAddress.country, currency: total.currency, total: 0, lines: [] }
      return { open: placed, day: addend(placed, day, 'placed', 0), products: [] }
    }
    case 'order.confirmed': {
      const { orderId, shippingAddress, total } = data
      const lines = data.lines.map(({ sku, quantity, unitPrice }) => ({ sku, quantity, amount: quantity * unitPrice }))
      const sold = { orderId, country: shippingAddress.country, currency: total.currency, total: total.amount, lines }
      return { open: sold, day: addend(sold, day, 'confirmed', total.amount), products: productsOf(sold, day, 1) }
    }
    case 'order.shipped':
      return { open: undefined, products: [] }
    default:
      return ended(open, day, WHAT[type])
  }
}

const WHAT = { 'order.rejected': 'rejected', 'order.cancelled': 'cancelled', 'order.expired': 'expired' } as const

function ended(open: OpenOrder | undefined, day: Day, what: DayAddend['what']): Counted {
  if (!open) return { open: undefined, products: [] }
  return { open: undefined, day: addend(open, day, what, 0 - open.total), products: productsOf(open, day, -1) }
}

function addend({ country, currency }: OpenOrder, day: Day, what: DayAddend['what'], revenue: number): DayAddend {
  return { day, country, currency, what, revenue }
}

const productsOf = ({ currency, lines }: OpenOrder, day: Day, sign: 1 | -1): ProductAddend[] =>
  lines.map(({ sku, quantity, amount }) => ({ day, sku, currency, quantity: sign * quantity, revenue: sign * amount }))
