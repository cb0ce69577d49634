import { stockOf } from '#domains/inventory'
import type { WakeUp } from '#messaging'
import type { Database } from '#platform/database'
import { defineRoute, etagOf, Refusal, type Route } from '#http'
import { productNotFound } from './change-products.ts'
import { changeRoutes } from './change-routes.ts'
import { findProduct, listProducts, type StoredProduct } from './products.ts'
import { pricesOf, ProductPage, ProductQuery, ProductView, Sku } from './schemas.ts'

const tag = 'Catalogue'

/** The immediate questions of a shopper: what is there, at what price, how many now; and what changes that. */
export function catalogRoutes({ db, wake }: { db: Database } & WakeUp): Route[] {
  const read = (products: readonly StoredProduct[]) => withStock(db, products)
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
      async handle({ query: { cursor, limit, active } }) {
        const wanted = active === 'all' ? undefined : active === 'yes'
        const after = cursor && readCursor(cursor)
        const rows = await listProducts(db, { after, limit: limit + 1, active: wanted })
        const products = await read(rows.slice(0, limit))
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
      params: Sku,
      example: { params: { sku: 'MUG-01' } },
      replies: { 200: { description: 'The product', schema: ProductView, headers: { ETag: 'Its version' } } },
      refusals: { 404: 'product-not-found' },
      async handle({ params: { sku } }) {
        const product = await findProduct(db, sku)
        if (!product) throw productNotFound(sku)
        return { status: 200, headers: { ETag: etagOf(product.version) }, body: (await read([product]))[0]! }
      },
    }),
    ...changeRoutes({ db, wake, read }),
  ]
}

async function withStock(db: Database, products: readonly StoredProduct[]): Promise<ProductView[]> {
  const skus = products.map(({ sku }) => sku)
  const stock = await stockOf(db, skus)
  return products.map((product) => {
    const { sku, name, active, version, updatedAt } = product
    const prices = pricesOf(product)
    const available = stock.get(sku) ?? 0
    return { sku, name, price: prices[0]!, prices, available, active, version, updatedAt: updatedAt.toISOString() }
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
