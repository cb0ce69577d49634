import { isGoods, type RetailLine } from './retail-line.ts'
import type { Invoice } from './invoices.ts'

export interface CatalogueProduct {
  sku: string
  name: string
  price: number
  currency: string
}

const CURRENCY = 'GBP'

/** A product for each stock code that was ever sold at a price, at its most frequent one, under its most frequent name. */
export function catalogueOf(lines: readonly RetailLine[]): CatalogueProduct[] {
  const sold = lines.filter((line) => isGoods(line) && line.price > 0 && line.description !== '')
  const bySku = new Map<string, RetailLine[]>()
  for (const line of sold) bySku.set(line.stockCode, [...(bySku.get(line.stockCode) ?? []), line])
  return [...bySku].map(([sku, its]) => ({
    sku,
    name: mostFrequent(its.map(({ description }) => description)),
    price: mostFrequent(its.map(({ price }) => price)),
    currency: CURRENCY,
  }))
}

/** Goods enough for all these orders twice over. */
export function stockFor(invoices: readonly Invoice[]): { sku: string; quantity: number }[] {
  const wanted = new Map<string, number>()
  for (const { sku, quantity } of invoices.flatMap(({ lines }) => lines))
    wanted.set(sku, (wanted.get(sku) ?? 0) + 2 * quantity)
  return [...wanted].map(([sku, quantity]) => ({ sku, quantity }))
}

/** Of equally frequent ones the first. */
function mostFrequent<T>(values: readonly T[]): T {
  const counts = new Map<T, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  const highest = Math.max(...counts.values())
  return [...counts].find(([, count]) => count === highest)![0]
}
