import type { DataOf, RecordedOf } from '#messaging'
import type { OrderCancelled, OrderConfirmed, OrderPlaced, OrderRejected } from '#events'

export type SaleFact = RecordedOf<
  typeof OrderPlaced | typeof OrderConfirmed | typeof OrderRejected | typeof OrderCancelled
>

interface SoldLine {
  sku: string
  quantity: number
  /** Minor units. */
  amount: number
}

/** What is known of one order; every part may still be missing, whatever order its facts arrive in. */
export interface Sale {
  orderId: string
  currency?: string | undefined
  /** Minor units; like the lines, known once it is confirmed. */
  total?: number | undefined
  lines?: readonly SoldLine[] | undefined
  placedOn?: Day | undefined
  confirmedOn?: Day | undefined
  rejectedOn?: Day | undefined
  cancelledOn?: Day | undefined
}

/** A day in UTC, as `2026-11-21`. */
export type Day = string

/** One addend to a counter of a day. */
export interface DailyAddend {
  day: Day
  currency: string
  what: 'placed' | 'confirmed' | 'rejected' | 'cancelled'
  orders: number
  /** Minor units. */
  revenue: number
}

/** One addend to the counters of a product on a day. */
export interface ProductAddend {
  day: Day
  currency: string
  sku: string
  quantity: number
  revenue: number
}

/** The sale with one more fact. The order of facts does not matter, and a fact told twice changes nothing. */
export function learn(sale: Sale, { type, time, data }: SaleFact): Sale {
  const day = time.toISOString().slice(0, 10)
  switch (type) {
    case 'order.placed':
      return { ...sale, currency: data.total.currency, placedOn: day }
    case 'order.confirmed':
      return { ...sale, ...worth(data), confirmedOn: day }
    case 'order.rejected':
      return { ...sale, rejectedOn: day }
    case 'order.cancelled':
      return { ...sale, cancelledOn: day }
  }
}

function worth({ total, lines }: Pick<DataOf<typeof OrderConfirmed>, 'total' | 'lines'>) {
  const sold = lines.map(({ sku, quantity, unitPrice }) => ({ sku, quantity, amount: quantity * unitPrice }))
  return { currency: total.currency, total: total.amount, lines: sold }
}

/** What a sale adds to the counters of its days. Nothing before its currency is known. */
export function dailyOf({ currency, total = 0, ...sale }: Sale): DailyAddend[] {
  if (!currency) return []
  const taken = sale.confirmedOn ? total : 0
  return [
    { day: sale.placedOn, what: 'placed', revenue: 0 } as const,
    { day: sale.confirmedOn, what: 'confirmed', revenue: taken } as const,
    { day: sale.rejectedOn, what: 'rejected', revenue: 0 } as const,
    { day: sale.cancelledOn, what: 'cancelled', revenue: -taken } as const,
  ].flatMap(({ day, what, revenue }) => (day ? [{ day, currency, what, orders: 1, revenue }] : []))
}

/** What a sale adds to the counters of its products: sold on the day it was confirmed, taken back when cancelled. */
export function productsOf({ currency, lines = [], confirmedOn, cancelledOn }: Sale): ProductAddend[] {
  if (!confirmedOn || !currency) return []
  const sold = lines.map(({ sku, quantity, amount }) => ({
    day: confirmedOn,
    currency,
    sku,
    quantity,
    revenue: amount,
  }))
  const back = cancelledOn ? sold.map((addend) => ({ ...negative(addend), day: cancelledOn })) : []
  return [...sold, ...back]
}

export function negative<Addend extends { revenue: number; quantity?: number; orders?: number }>(
  addend: Addend,
): Addend {
  const { revenue, quantity, orders } = addend
  return {
    ...addend,
    revenue: -revenue,
    ...(quantity === undefined ? {} : { quantity: -quantity }),
    ...(orders === undefined ? {} : { orders: -orders }),
  }
}
