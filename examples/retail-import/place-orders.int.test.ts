import { upsertProducts } from '#domains/catalog'
import { expireOrders } from '#domains/order'
import { testDatabase, type TestDatabase } from '#testing'
import { testApi, type TestApi } from '../../src/testing/api.ts'
import { catalogueOf } from './catalogue.ts'
import { RETAIL_CSV } from './fixture.ts'
import { sortLines, type Invoice } from './invoices.ts'
import { placeOrders, untilDecided } from './place-orders.ts'
import { readRetailLines } from './retail-line.ts'
import { expectApi, openShopApi } from './shop-api.ts'

const lines = readRetailLines(RETAIL_CSV)
const { invoices } = sortLines(lines)
const noProgress = { step: () => {}, stop: () => {} }

let database: TestDatabase
let api: TestApi
beforeAll(async () => {
  database = await testDatabase()
  api = await testApi(database)
  await upsertProducts(database.db, catalogueOf(lines))
})
afterAll(async () => {
  await api.close()
  await database.close()
})

const place = (some: readonly Invoice[]) => placeOrders(openShopApi(api.url, api.key), some, 4, noProgress)

it('places each order once, however often it is imported', async () => {
  const first = await place(invoices)
  const again = await place(invoices)
  expect(first).toMatchObject({ replayed: 0, refused: new Map() })
  expect(again.replayed).toBe(invoices.length)
  expect(again.ids.toSorted()).toEqual(first.ids.toSorted())
  expect(await database.db.order.count()).toBe(invoices.length)
})

it('takes carts of a thousand lines', async () => {
  const skus = Array.from({ length: 1_000 }, (_, i) => `BULK-${i}`)
  await upsertProducts(
    database.db,
    skus.map((sku) => ({ sku, name: 'PAPER CHAIN KIT '.repeat(12), price: 100, currency: 'GBP' })),
  )
  const cart = { ...invoices[0]!, number: '900100', lines: skus.map((sku) => ({ sku, quantity: 100 })) }
  expect(await place([cart])).toMatchObject({ refused: new Map(), ids: [expect.any(String)] })
})

it('counts what the API refuses, and goes on', async () => {
  const unknown = { ...invoices[0]!, number: '900200', lines: [{ sku: '99999', quantity: 1 }] }
  const good = { ...invoices[0]!, number: '900201' }
  const negative = { ...invoices[0]!, number: '900202', lines: [{ sku: '10001', quantity: -1 }] }
  const { ids, refused } = await place([unknown, good, negative])
  expect(ids).toHaveLength(1)
  expect([...refused.keys()].toSorted()).toEqual([
    expect.stringMatching(/^unknown-sku/),
    expect.stringMatching(/^validation-failed, \/lines\/0\/quantity /),
  ])
})

it('waits until the orders are decided, and counts how', async () => {
  const { ids } = await place([{ ...invoices[0]!, number: '900300' }])
  const shop = openShopApi(api.url, api.key)
  const decided = untilDecided(shop, ids, { lanes: 2, patienceMs: 60_000 }, noProgress)
  await expireOrders(database.db, { olderThanMs: -60_000, limit: 500 })
  expect([...(await decided)]).toEqual([[expect.stringMatching(/^expired/), 1]])
})

it('says so when an order is not decided in time', async () => {
  const { ids } = await place([{ ...invoices[0]!, number: '900400' }])
  const outcomes = await untilDecided(openShopApi(api.url, api.key), ids, { lanes: 1, patienceMs: 0 }, noProgress)
  expect([...outcomes]).toEqual([['undecided', 1]])
})

it('says that a key is wrong, and that nobody answers', async () => {
  const stranger = openShopApi(api.url, 'fanfare_wrong')
  await expect(placeOrders(stranger, invoices, 1, noProgress)).rejects.toThrow(/key is not accepted/)
  await expect(expectApi('http://127.0.0.1:1')).rejects.toThrow(/npm start/)
})
