import { z } from 'zod'
import { readRows, row, type Database, type Transaction } from '#platform/database'
import type { Prisma } from '#prisma'

export interface Product {
  readonly sku: string
  readonly name: string
  /** Minor units of the currency. */
  readonly price: number
  /** ISO 4217. */
  readonly currency: string
}

/** What placing an order reads. */
export type Offered = Readonly<z.infer<typeof Offered>>
const Offered = row({
  sku: z.string(),
  name: z.string(),
  price: z.int(),
  currency: z.string(),
  /** In other currencies: minor units by ISO 4217 code. */
  prices: z.record(z.string(), z.int()),
  active: z.boolean(),
})

/** A product with all that is known of it. */
export type StoredProduct = Readonly<z.infer<typeof StoredProduct>>
export const StoredProduct = Offered.extend({ version: z.int(), updatedAt: z.date() })

/** The products behind these SKUs, as they are at this moment, active or not; unknown SKUs are missing from the answer. */
export async function productsOf(db: Database | Transaction, skus: readonly string[]): Promise<Map<string, Offered>> {
  if (skus.length === 0) return new Map()
  const rows = await readRows(db, Offered)`
    SELECT sku, name, price, currency, prices, active FROM products WHERE sku = ANY(${[...skus]}::text[])`
  return new Map(rows.map((product) => [product.sku, product]))
}

export async function findProduct(db: Database, sku: string): Promise<StoredProduct | undefined> {
  const rows = await readRows(db, StoredProduct)`
    SELECT sku, name, price, currency, prices, active, version, updated_at AS "updatedAt" FROM products WHERE sku = ${sku}`
  return rows[0]
}

interface Page {
  after: string | undefined
  limit: number
  /** @default both */
  active?: boolean | undefined
}

/** A page of the catalogue in order of SKU, after `after`. */
export async function listProducts(db: Database, { after, limit, active }: Page): Promise<StoredProduct[]> {
  const where: Prisma.ProductWhereInput = {}
  if (after !== undefined) where.sku = { gt: after }
  if (active !== undefined) where.active = active
  const rows = await db.product.findMany({ where, orderBy: { sku: 'asc' }, take: limit })
  return rows.map(({ prices, ...rest }) => ({ ...rest, prices: prices as StoredProduct['prices'] }))
}

/** Adds products, or changes name and price of those that are known. One statement for any number, and no event. */
export async function upsertProducts(db: Database | Transaction, products: readonly Product[]): Promise<void> {
  if (products.length === 0) return
  await db.$executeRaw`
    INSERT INTO products (sku, name, price, currency, updated_at)
    SELECT DISTINCT ON (sku) sku, name, price, currency, now()
    FROM jsonb_to_recordset(${JSON.stringify(products)}::jsonb) AS row(sku text, name text, price int, currency text)
    ORDER BY sku
    ON CONFLICT (sku) DO UPDATE SET name = excluded.name, price = excluded.price, currency = excluded.currency,
      prices = products.prices - excluded.currency::text, version = products.version + 1, updated_at = now()
    WHERE (products.name, products.price, products.currency) IS DISTINCT FROM (excluded.name, excluded.price, excluded.currency)`
}
