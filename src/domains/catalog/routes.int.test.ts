import { receiveStock } from '#domains/inventory'
import { readStream } from '#messaging'
import { testDatabase, type TestDatabase } from '#testing'
import { createClient, issueKey } from '../../api/index.ts'
import { anOrder, MUG, TEA, testApi, type TestApi } from '../../testing/api.ts'
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
      prices: [{ amount: 1_300, currency: 'GBP' }],
      available: 7,
      active: true,
      version: 2,
      updatedAt: expect.any(String),
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

const gbp = (amount: number) => ({ amount, currency: 'GBP' })
const eur = (amount: number) => ({ amount, currency: 'EUR' })

const write = (method: 'put' | 'patch', sku: string, body: object, headers: Record<string, string> = {}) =>
  api.http[method](`/v1/products/${sku}`)
    .set({ authorization: `Bearer ${api.key}`, ...headers })
    .send(body)

const changesOf = async (sku: string) =>
  (await readStream(database.db, `product-${sku}`)).map(({ data, actor }) => ({ ...(data as object), actor }))

describe('PUT and PATCH /v1/products/{sku}', () => {
  it('adds a product, changes it, and changes nothing when it is sent again', async () => {
    const content = { name: 'Lamp', prices: [gbp(4_000), eur(4_600)] }
    const added = await write('put', 'LAMP', content)
    expect(added).toMatchObject({ status: 201, headers: { etag: '"1"' }, body: { version: 1, active: true } })
    expect(await write('put', 'LAMP', content)).toMatchObject({ status: 200, headers: { etag: '"1"' } })
    expect(await write('patch', 'LAMP', { prices: [gbp(3_900)] })).toMatchObject({ status: 200, body: { version: 2 } })
    expect((await api.get('/v1/products/LAMP')).body).toMatchObject({ name: 'Lamp', prices: [gbp(3_900)], version: 2 })
    expect(await changesOf('LAMP')).toEqual([
      { sku: 'LAMP', version: 1, ...content, active: true, actor: expect.stringMatching(/^test\//) },
      { sku: 'LAMP', version: 2, name: 'Lamp', prices: [gbp(3_900)], active: true, actor: expect.any(String) },
    ])
  })

  it('lets one of two win who have read the same version', async () => {
    await write('put', 'RACE', { name: 'Race', prices: [gbp(1)] })
    const both = await Promise.all(
      [2, 3].map((amount) => write('patch', 'RACE', { prices: [gbp(amount)] }, { 'if-match': '"1"' })),
    )
    expect(both.map(({ status }) => status)).toEqual(expect.arrayContaining([200, 412]))
    expect(both.find(({ status }) => status === 412)!.body.code).toBe('changed-meanwhile')
    expect((await write('put', 'RACE', { name: 'New', prices: [gbp(9)] }, { 'if-none-match': '*' })).status).toBe(412)
  })

  it('makes one product of two that are added at once', async () => {
    const answers = await Promise.all(
      [1, 1, 1, 1].map((amount) => write('put', 'ONCE', { name: 'x', prices: [gbp(amount)] })),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3)
    expect(await changesOf('ONCE')).toHaveLength(1)
  })

  it('refuses what is no price, and keys without the scope', async () => {
    const refused = [
      await write('put', 'BAD', { name: 'Bad', prices: [{ amount: 1, currency: 'ABC' }] }),
      await write('put', 'BAD', { name: 'Bad', prices: [gbp(1), gbp(2)] }),
      await write('put', 'BAD', { name: 'Bad', prices: [gbp(1.5)] }),
      await write('put', 'BAD', { name: 'Bad', prices: [] }),
    ]
    expect(refused.map(({ status }) => status)).toEqual([422, 422, 422, 422])
    expect((await write('patch', 'BAD', { name: 'Bad' })).body.code).toBe('product-not-found')
    const { key } = await issueKey(database.db, await createClient(database.db, 'reader'), { scopes: ['orders:write'] })
    const strange = await write('put', 'BAD', { name: 'Bad', prices: [gbp(1)] }, { authorization: `Bearer ${key}` })
    expect(strange).toMatchObject({ status: 403, body: { code: 'missing-scope' } })
  })

  it('sells in the currency that is asked for, and nothing that is not active', async () => {
    await write('put', 'POT', { name: 'Pot', prices: [gbp(1_000), eur(1_200)] })
    const order = (given: object) => api.place(anOrder({ lines: [{ sku: 'POT', quantity: 2 }], ...given }))
    const placed = await order({ currency: 'EUR' })
    expect(placed.body.total).toEqual(eur(2_400))
    expect((await order({})).body.total).toEqual(gbp(2_000))
    const none = await order({ currency: 'JPY' })
    expect(none.body).toMatchObject({ code: 'currency-not-offered', errors: [{ pointer: '/lines/0/sku' }] })
    await write('patch', 'POT', { active: false, prices: [gbp(5)] })
    expect((await order({})).body).toMatchObject({ code: 'product-inactive', errors: [{ pointer: '/lines/0/sku' }] })
    expect((await api.get(`/v1/orders/${placed.body.id}`)).body.total).toEqual(eur(2_400))
    const shown = async (query: string) =>
      (await api.get(`/v1/products?limit=100${query}`)).body.products.map(({ sku }: { sku: string }) => sku)
    expect(await shown('')).not.toContain('POT')
    expect(await shown('&active=no')).toEqual(['POT'])
    expect(await shown('&active=all')).toContain('POT')
  })
})
