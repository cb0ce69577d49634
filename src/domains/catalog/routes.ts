import { z } from 'zod'
import { stockOf } from '#domains/inventory'
import type { Database } from '#platform/database'
import { defineRoute, pageLimit, Refusal, type Route } from '#http'
import { listProducts, productsOf, type Product } from './products.ts'

const ProductView = z
  .strictObject({
    sku: z.string(),
    name: z.string(),
    price: z.strictObject({ amount: z.int().describe('Minor units'), currency: z.string().describe('ISO 4217') }),
    available: z.int().describe('Pieces that can be ordered at this moment'),
  })
  .meta({ id: 'Product' })

const ProductPage = z
  .strictObject({
    products: z.array(ProductView),
    next: z.string().nullable().describe('Cursor of the next page; null at the end'),
  })
  .meta({ id: 'ProductPage' })

const ProductQuery = z.strictObject({
  cursor: z.string().max(200).optional().describe('`next` of the page before'),
  limit: pageLimit,
})

const tag = 'Catalogue'

/** The immediate questions of a shopper: what is there, at what price, how many now. */
export function catalogRoutes({ db }: { db: Database }): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/v1/products',
      operationId: 'listProducts',
      summary: 'Products in order of SKU, with price and stock now',
      tag,
      scope: 'any',
      query: ProductQuery,
      example: { query: { limit: 2 } },
      replies: { 200: { description: 'A page of products', schema: ProductPage } },
      async handle({ query: { cursor, limit } }) {
        const rows = await listProducts(db, { after: cursor && readCursor(cursor), limit: limit + 1 })
        const products = await withStock(db, rows.slice(0, limit))
        return { status: 200, body: { products, next: rows.length > limit ? toCursor(products.at(-1)!.sku) : null } }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/v1/products/{sku}',
      operationId: 'getProduct',
      summary: 'Price and stock of one product now',
      tag,
      scope: 'any',
      params: z.strictObject({ sku: z.string().min(1).max(64) }),
      example: { params: { sku: 'MUG-01' } },
      replies: { 200: { description: 'The product', schema: ProductView } },
      refusals: { 404: 'product-not-found' },
      async handle({ params: { sku } }) {
        const wanted = sku.includes('\0') ? [] : [sku] // which PostgreSQL's text cannot hold
        const [product] = await withStock(db, [...(await productsOf(db, wanted)).values()])
        if (!product) throw new Refusal('not-found', 'product-not-found', `The catalogue does not know '${sku}'.`)
        return { status: 200, body: product }
      },
    }),
  ]
}

async function withStock(db: Database, products: readonly Product[]): Promise<z.infer<typeof ProductView>[]> {
  const skus = products.map(({ sku }) => sku)
  const stock = await stockOf(db, skus)
  return products.map(({ sku, name, price, currency }) => {
    return { sku, name, price: { amount: price, currency }, available: stock.get(sku) ?? 0 }
  })
}

const toCursor = (sku: string) => Buffer.from(sku).toString('base64url')

function readCursor(cursor: string): string {
  const sku = Buffer.from(cursor, 'base64url').toString('utf8')
  if (toCursor(sku) === cursor && !sku.includes('\0')) return sku
  throw new Refusal('invalid', 'validation-failed', 'The cursor is not one that this API has given out.', {
    faults: [{ parameter: 'cursor', detail: 'must be the `next` of an earlier page' }],
  })
}
