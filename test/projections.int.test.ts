import { analyticsRoutes } from '#domains/analytics'
import { lookupRoutes } from '#domains/lookup'
import { ShipmentDelivered } from '#events'
import {
  findReactions,
  loadProjections,
  rebuild,
  type NewEvent,
  type Projection,
  type TableDifference,
} from '#messaging'
import { createLogger } from '#platform/log/logger'
import { uuidv7 } from '#platform/uuid'
import {
  aReturnAccepted,
  anOrderCancelled,
  anOrderConfirmed,
  anOrderDelivered,
  anOrderExpired,
  anOrderParcelShipped,
  anOrderPlaced,
  anOrderRejected,
  anOrderShipped,
  aShipmentCreated,
  project,
  projectionReader,
  record,
  testDatabase,
  type TestDatabase,
} from '#testing'
import { anOrder, MUG, testApi, type TestApi } from '../src/testing/api.ts'

let database: TestDatabase
let api: TestApi
let projections: Projection[]
beforeEach(async () => {
  projections = await loadProjections(findReactions('workers'))
  database = await testDatabase()
  const reader = { projections: projectionReader(database, 200) }
  api = await testApi(database, [...analyticsRoutes(reader), ...lookupRoutes(reader)])
})
afterEach(async () => {
  await api.close()
  await database.close()
})

const ways: ((orderId: string) => NewEvent[])[] = [
  (orderId) => [anOrderPlaced({ orderId })],
  (orderId) => [anOrderPlaced({ orderId }), anOrderRejected({ orderId })],
  (orderId) => [anOrderPlaced({ orderId }), anOrderExpired({ orderId })],
  (orderId) => [anOrderPlaced({ orderId }), anOrderConfirmed({ orderId }), anOrderCancelled({ orderId })],
  (orderId) => [
    anOrderPlaced({ orderId, customer: { name: 'Zoë Müller', email: 'Zoe@Example.com' } }),
    anOrderConfirmed({ orderId }),
    aShipmentCreated({ orderId, trackingNumber: `TRACK-${orderId.slice(-4)}` }),
    anOrderShipped({ orderId }),
    aReturnAccepted({ orderId }),
  ],
  (orderId) => {
    const [first, second] = [uuidv7(), uuidv7()]
    return [
      anOrderPlaced({ orderId }),
      anOrderConfirmed({ orderId }),
      anOrderParcelShipped({ orderId, shipmentId: first }),
      anOrderParcelShipped({ orderId, shipmentId: second }),
      anOrderShipped({ orderId, parcels: 2 }),
      ShipmentDelivered({ orderId, shipmentId: second }),
      ShipmentDelivered({ orderId, shipmentId: first }),
      anOrderDelivered({ orderId }),
    ]
  },
]

/** Orders of each way, whose events stand between those of the others. */
async function history(orders: number): Promise<string[]> {
  const ids = Array.from({ length: orders }, () => uuidv7()).toSorted()
  const open = ids.map((orderId, nth) => ways[nth % ways.length]!(orderId))
  for (let step = 0; open.some((events) => events.length > step); step++)
    await record(database, ...open.flatMap((events) => events.slice(step, step + 1)))
  return ids
}

test.each([1, 7])('every projection makes the same tables in batches of %i as it follows', async (batchSize) => {
  await history(15)
  await project(database, ...projections)
  await history(5)
  await project(database, ...projections)
  const log = createLogger('test', 'silent')
  for (const projection of projections) {
    let found: TableDifference[] = []
    const accept = async (differences: TableDifference[]) => ((found = differences), true)
    const { outcome } = await rebuild(projection, { db: database.db, log, instance: 'test', batchSize, accept })
    expect(outcome).toBe('swapped')
    expect(found.length).toBeGreaterThan(0)
    expect(found.filter(({ present, rebuilt }) => present + rebuilt > 0)).toEqual([])
  }
})

test('answers say how far they reach, and wait for what they are to contain', async () => {
  const early = await api.get('/v1/analytics/daily')
  expect([early.status, early.body.code]).toEqual([503, 'read-model-not-built'])
  await project(database, ...projections)
  const placed = await api.place(anOrder())
  const after = placed.headers['fanfare-after'] as string
  expect(after).toBe(`order-${placed.body.id}@1`)
  const late = await api.get(`/v1/analytics/daily?after=${after}`)
  expect([late.status, late.body.code, late.headers['fanfare-position']]).toEqual([504, 'not-current-yet', '0'])

  const waiting = projectionReader(database).read('analytics.sales', after, async () => 'there')
  await project(database, ...projections)
  expect(await waiting).toMatchObject({ result: 'there', position: 1n })
  const { status, body, headers } = await api.get(`/v1/analytics/daily?after=${after}`)
  expect([status, body.length, body[0].placed]).toEqual([200, 1, 1])
  expect(headers).toMatchObject({ 'fanfare-position': '1', 'fanfare-as-of': expect.stringMatching(/^\d{4}-.*Z$/) })
  expect((await api.get(`/v1/analytics/countries?after=${headers['fanfare-position']}`)).body).toMatchObject([
    { country: 'GB', currency: 'GBP', placed: 1, revenue: 0 },
  ])
  expect((await api.get('/v1/analytics/daily?after=yesterday')).status).toBe(422)

  const cancelled = await api.post(`/v1/orders/${placed.body.id}/cancel`, { reason: 'no more' })
  expect(cancelled.headers['fanfare-after']).toBe(`order-${placed.body.id}@2`)
  await project(database, ...projections)
  const found = await api.get(`/v1/customers/orders?email=ADA@example.com&after=${cancelled.headers['fanfare-after']}`)
  expect(found.body).toMatchObject({ orders: [{ id: placed.body.id, status: 'cancelled' }], next: null })
})

test('sales by product, the funnel, a customer and a search', async () => {
  const ids = await history(12)
  await project(database, ...projections)
  expect((await api.get('/v1/analytics/products')).body).toEqual([
    { sku: MUG.sku, currency: 'GBP', quantity: 8, revenue: 10_000 },
  ])
  const funnel = (await api.get('/v1/analytics/funnel')).body as { from: string; to: string; orders: number }[]
  expect(funnel.map(({ from, to, orders }) => [from, to, orders])).toEqual([
    [null, 'placed', 12],
    ['confirmed', 'cancelled', 2],
    ['confirmed', 'partially_shipped', 2],
    ['confirmed', 'shipped', 2],
    ['partially_delivered', 'delivered', 2],
    ['partially_shipped', 'shipped', 2],
    ['placed', 'confirmed', 6],
    ['placed', 'expired', 2],
    ['placed', 'rejected', 2],
    ['shipped', 'partially_delivered', 2],
    ['shipped', 'returned', 2],
  ])
  const zoes = [ids[10], ids[4]].map((id) => expect.objectContaining({ id, status: 'returned' }))
  expect((await api.get('/v1/customers/orders?email=zoe@example.com')).body.orders).toEqual(zoes)
  const [first] = zoes
  const page = await api.get('/v1/customers/orders?email=zoe@example.com&limit=1')
  expect(page.body).toEqual({ orders: [first], next: ids[10] })
  const rest = await api.get(`/v1/customers/orders?email=zoe@example.com&limit=1&cursor=${page.body.next}`)
  expect(rest.body).toEqual({ orders: [zoes[1]], next: null })

  const search = async (q: string) => {
    const { orders } = (await api.get(`/v1/search/orders?q=${encodeURIComponent(q)}`)).body as { orders: object[] }
    return orders
  }
  expect(await search('muller zoe')).toEqual(zoes)
  expect(await search('MÜLL')).toEqual(zoes)
  expect(await search(ids[4]!)).toEqual([zoes[1]])
  expect(await search(`track-${ids[10]!.slice(-4)}`)).toEqual([first])
  expect(await search('mug zoe@example.com')).toEqual(zoes)
  expect(await search(`'; DROP TABLE x; -- mug`)).toEqual([])
  expect(await search('lovelace')).toHaveLength(10)
})
