import { z } from 'zod'
import { readRows, row, type Database, type Transaction } from '#platform/database'

export type Product = Readonly<z.infer<typeof Product>>
const Product = row({
  sku: z.string(),
  name: z.string(),
  /** Minor units of the currency. */
  price: z.int(),
  /** ISO 4217. */
  currency: z.string(),
})

/** The products behind these SKUs, as they are at this moment; unknown SKUs are missing from the answer. */
export async function productsOf(db: Database | Transaction, skus: readonly string[]): Promise<Map<string, Product>> {
  if (skus.length === 0) return new Map()
  const rows = await readRows(db, Product)`
    SELECT sku, name, price, currency FROM products WHERE sku = ANY(${[...skus]}::text[])`
  return new Map(rows.map((product) => [product.sku, product]))
}

/** A page of the catalogue in order of SKU, after `after`. */
export async function listProducts(
  db: Database,
  { after, limit }: { after: string | undefined; limit: number },
): Promise<Product[]> {
  return db.product.findMany({
    ...(after === undefined ? {} : { where: { sku: { gt: after } } }),
    orderBy: { sku: 'asc' },
    take: limit,
    select: { sku: true, name: true, price: true, currency: true },
  })
}

/** Adds products, or changes name and price of those that are known. One statement for any number. */
export async function upsertProducts(db: Database | Transaction, products: readonly Product[]): Promise<void> {
  if (products.length === 0) return
  await db.$executeRaw`
    INSERT INTO products (sku, name, price, currency, updated_at)
    SELECT DISTINCT ON (sku) sku, name, price, currency, now()
    FROM jsonb_to_recordset(${JSON.stringify(products)}::jsonb) AS row(sku text, name text, price int, currency text)
    ORDER BY sku
    ON CONFLICT (sku) DO UPDATE SET name = excluded.name, price = excluded.price, currency = excluded.currency, updated_at = now()
    WHERE (products.name, products.price, products.currency) IS DISTINCT FROM (excluded.name, excluded.price, excluded.currency)`
}
