import { receiveStock } from '#domains/inventory'
import { testDatabase, type TestDatabase } from '#testing'
import { MUG, TEA, testApi, type TestApi } from '../../testing/api.ts'
import { upsertProducts } from './products.ts'

let database: TestDatabase
let api: TestApi
beforeAll(async () => {
  database = await testDatabase()
  api = await testApi(database)
})
afterAll(async () => {
  await api.close()
  await database.close()
})

describe('GET /v1/products', () => {
  it('tells price and stock of one product now', async () => {
    expect((await api.get(`/v1/products/${MUG.sku}`)).body).toMatchObject({ available: 0 })
    await receiveStock(database.db, [{ sku: MUG.sku, quantity: 7 }])
    await upsertProducts(database.db, [{ ...MUG, price: 1_300 }])
    expect((await api.get(`/v1/products/${MUG.sku}`)).body).toEqual({
      sku: MUG.sku,
      name: MUG.name,
      price: { amount: 1_300, currency: 'GBP' },
      available: 7,
    })
  })

  it('pages through the catalogue, whatever the SKUs look like', async () => {
    const odd = ['a/b c', '%2F', 'ä🙂', "O'Neill"].map((sku) => ({ ...TEA, sku }))
    await upsertProducts(database.db, [...odd, ...odd])
    const seen: string[] = []
    let next: string | null = ''
    while (next !== null) {
      const { body } = await api.get(`/v1/products?limit=2${next && `&cursor=${next}`}`)
      seen.push(...body.products.map(({ sku }: { sku: string }) => sku))
      next = body.next
    }
    expect(seen.toSorted()).toEqual([...odd.map(({ sku }) => sku), MUG.sku, TEA.sku].toSorted())
    for (const sku of seen)
      expect((await api.get(`/v1/products/${encodeURIComponent(sku)}`)).body).toMatchObject({ sku })
  })
})
