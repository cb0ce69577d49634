import { ProductChanged } from '#events'
import type { WakeUp } from '#messaging'
import type { Database } from '#platform/database'
import { defineBulkRoute, defineRoute, etagOf, expectVersion, VERSION_HEADERS, type Reply, type Route } from '#http'
import { changeProduct, putProduct, putProducts, type Change } from './change-products.ts'
import type { StoredProduct } from './products.ts'
import { ProductChange, ProductContent, ProductLine, ProductView, Sku } from './schemas.ts'

const tag = 'Catalogue'
const scope = 'catalog:write'
const [IF_MATCH] = VERSION_HEADERS

interface Needs extends WakeUp {
  db: Database
  /** Products as they are shown. */
  read: (products: readonly StoredProduct[]) => Promise<ProductView[]>
}

/** What a shop does to its catalogue. Each change is an event; orders that were placed keep their prices. */
export function changeRoutes({ db, wake, read }: Needs): Route[] {
  const headers = { ETag: 'Its version' }
  const answer = async ({ outcome, product }: Change): Promise<Reply> => {
    if (outcome !== 'unchanged') wake()
    const [body] = await read([product])
    return { status: outcome === 'created' ? 201 : 200, headers: { ETag: etagOf(product.version) }, body }
  }
  return [
    defineRoute({
      method: 'put',
      path: '/v1/products/{sku}',
      publishes: [ProductChanged],
      operationId: 'putProduct',
      summary: 'Add a product, or make it as it is to be',
      description: 'The same again changes nothing. Orders that were placed keep name and price.',
      tag,
      scope,
      params: Sku,
      body: ProductContent,
      example: {
        params: { sku: 'TEA-01' },
        body: {
          name: 'Breakfast tea, 250 g',
          prices: [
            { amount: 695, currency: 'GBP' },
            { amount: 810, currency: 'EUR' },
          ],
        },
      },
      headers: VERSION_HEADERS,
      replies: {
        200: { description: 'The product as it stands now', schema: ProductView, headers },
        201: { description: 'The product, which is new', schema: ProductView, headers },
      },
      refusals: { 412: 'changed-meanwhile' },
      async handle({ params: { sku }, body, header, caller: { actor }, traceparent }) {
        const expect = (version: number) => expectVersion(header, version)
        return answer(await putProduct(db, { sku, ...body }, expect, { actor, traceparent }))
      },
    }),
    defineRoute({
      method: 'patch',
      path: '/v1/products/{sku}',
      publishes: [ProductChanged],
      operationId: 'changeProduct',
      summary: 'Change a product, take it out of sale or bring it back',
      description: 'What is left out stays. Orders do not take a product that is not active; its stock stays as it is.',
      tag,
      scope,
      params: Sku,
      body: ProductChange,
      example: { params: { sku: 'TEA-01' }, body: { active: true } },
      headers: [IF_MATCH!],
      replies: { 200: { description: 'The product as it stands now', schema: ProductView, headers } },
      refusals: { 404: 'product-not-found', 412: 'changed-meanwhile' },
      async handle({ params: { sku }, body: change, header, caller: { actor }, traceparent }) {
        const expect = (version: number) => expectVersion(header, version)
        return answer(await changeProduct(db, { sku, change }, expect, { actor, traceparent }))
      },
    }),
    defineBulkRoute({
      path: '/v1/products/bulk',
      publishes: [ProductChanged],
      operationId: 'putProducts',
      summary: 'Add or change many products',
      description:
        'Each line is a product as it is to be, as in `PUT`, with its SKU; one that is so already is `unchanged`. The last one wins, ' +
        'unless a line names the version that was read (`ifVersion`): then it is refused with `changed-meanwhile`.',
      tag,
      scope,
      line: ProductLine,
      example: { sku: 'TEA-02', name: 'Earl Grey, 250 g', prices: [{ amount: 745, currency: 'GBP' }] },
      async carryOut(products, { caller: { actor }, traceparent }) {
        const changes = await putProducts(db, products, { actor, traceparent })
        if (changes.some((one) => !(one instanceof Error) && one.outcome !== 'unchanged')) wake()
        return changes.map((one) => {
          if (one instanceof Error) return one
          const { sku, version } = one.product
          return { outcome: one.outcome, sku, version }
        })
      },
    }),
  ]
}
