import { request as httpRequest } from 'node:http'
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
    const customer = { name: 'Ada', email: 'ada@example.com', locale: 'de-AT' }
    const placed = await order({ currency: 'EUR', customer })
    expect(placed.body).toMatchObject({ total: eur(2_400), customer })
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

const bulk = async (path: string, lines: readonly object[]) => {
  const body = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  const headers = { authorization: `Bearer ${api.key}`, 'content-type': 'application/x-ndjson' }
  const answer = await fetch(api.url + path, { method: 'POST', headers, body })
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/x-ndjson'])
  return asLines(await answer.text())
}
const asLines = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

const lamps = (count: number) =>
  Array.from({ length: count }, (_, nth) => ({ sku: `B-${nth}`, name: `Lamp ${nth}`, prices: [gbp(nth)] }))

describe('POST …/bulk', () => {
  it('answers each line, and changes nothing when it is sent again', async () => {
    const lines = [...lamps(3), { sku: 'B-1', name: 'Bulb', prices: [eur(7)] }, { sku: 'B-9' }]
    expect(await bulk('/v1/products/bulk', lines)).toMatchObject([
      { line: 1, outcome: 'created', sku: 'B-0', version: 1 },
      { line: 2, outcome: 'created', sku: 'B-1', version: 1 },
      { line: 3, outcome: 'created', sku: 'B-2' },
      { line: 4, outcome: 'changed', sku: 'B-1', version: 2 },
      { line: 5, outcome: 'refused', code: 'validation-failed' },
      { end: true, lines: 5, refused: 1 },
    ])
    const again = await bulk('/v1/products/bulk', lines.slice(2, 4))
    expect(again).toMatchObject([{ outcome: 'unchanged' }, { outcome: 'unchanged', version: 2 }, { refused: 0 }])
    expect(await changesOf('B-1')).toHaveLength(2)
  })

  it('books receipts and corrections once for their ids', async () => {
    const receipts = ['r-1', 'r-2', 'r-1'].map((id) => ({ id, lines: [{ sku: 'B-2', quantity: 4 }] }))
    await bulk('/v1/stock/receipts/bulk', receipts)
    expect(await bulk('/v1/stock/receipts/bulk', receipts)).toMatchObject([
      { outcome: 'booked', id: 'r-1' },
      {},
      {},
      {},
    ])
    const corrections = [-5, -5].map((change, nth) => ({
      id: `c-${nth}`,
      lines: [{ sku: 'B-2', change }],
      reason: 'x',
    }))
    expect(await bulk('/v1/stock/corrections/bulk', corrections)).toMatchObject([
      { outcome: 'booked' },
      { outcome: 'refused', code: 'stock-not-on-hand' },
      { end: true, refused: 1 },
    ])
    expect((await api.get('/v1/products/B-2/stock')).body).toMatchObject({ received: 8, corrected: -5, onHand: 3 })
  })

  it('has stored what it has answered when the connection breaks, and all of it can be sent again', async () => {
    const lines = lamps(600).map((line) => ({ ...line, sku: `C-${line.sku}` }))
    const headers = { authorization: `Bearer ${api.key}`, 'content-type': 'application/x-ndjson' }
    const sending = httpRequest(`${api.url}/v1/products/bulk`, { method: 'POST', headers })
    sending.on('error', () => {})
    for (const line of lines.slice(0, 250)) sending.write(`${JSON.stringify(line)}\n`)
    const answered = await new Promise<string>((resolve) =>
      sending.on('response', (response) => {
        response.on('error', () => {})
        response.once('data', (chunk: Buffer) => {
          sending.destroy()
          resolve(chunk.toString())
        })
      }),
    )
    const told = answered.split('\n').filter((line) => line.endsWith('}'))
    expect(told.length).toBeGreaterThan(0)
    const again = await bulk('/v1/products/bulk', lines)
    const outcomes = new Map(again.map(({ line, outcome }) => [line, outcome]))
    for (const line of asLines(told.join('\n'))) expect(outcomes.get(line['line'])).toBe('unchanged')
    expect(again.at(-1)).toEqual({ end: true, lines: 600, refused: 0 })
  })

  it('takes NDJSON alone', async () => {
    const refused = await api.post('/v1/products/bulk', { sku: 'x' })
    expect(refused).toMatchObject({ status: 415, body: { code: 'unsupported-media-type' } })
  })
})

it('refuses a line that names another version than the product has, and leaves what was changed meanwhile', async () => {
  const cap = (amount: number, ifVersion?: number) => ({ sku: 'CAP', name: 'Cap', prices: [gbp(amount)], ifVersion })
  await bulk('/v1/products/bulk', [cap(1)])
  await write('patch', 'CAP', { prices: [gbp(2)] }, { 'if-match': '"1"' })
  const lines = [
    cap(3, 1),
    { ...cap(4, 1), sku: 'NO-CAP' },
    cap(5, 0),
    cap(2, 1),
    cap(6, 2),
    cap(7, 3),
    { ...cap(8, 0), sku: 'CAP-2' },
  ]
  expect(await bulk('/v1/products/bulk', lines)).toMatchObject([
    { code: 'changed-meanwhile', detail: expect.stringContaining('at version 2') },
    { code: 'changed-meanwhile', detail: expect.stringContaining('not there') },
    { code: 'changed-meanwhile' },
    { outcome: 'unchanged', version: 2 },
    { outcome: 'changed', version: 3 },
    { outcome: 'changed', version: 4 },
    { outcome: 'created', sku: 'CAP-2', version: 1 },
    { end: true, lines: 7, refused: 3 },
  ])
  expect((await api.get('/v1/products/NO-CAP')).status).toBe(404)
  expect(await changesOf('CAP')).toMatchObject([1, 2, 6, 7].map((amount) => ({ prices: [gbp(amount)] })))
})
