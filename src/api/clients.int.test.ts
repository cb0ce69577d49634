import { randomUUID } from 'node:crypto'
import { analyticsRoutes } from '#domains/analytics'
import { lookupRoutes } from '#domains/lookup'
import { shippingRoutes } from '#domains/shipping'
import { SCOPES, type Scope } from '#http'
import { readHistory } from '#messaging'
import { project, projectionReader, testDatabase, type TestDatabase } from '#testing'
import customerOrders from '../../workers/lookup/customer-orders.ts'
import orderSearch from '../../workers/lookup/order-search.ts'
import { anOrder, MUG, testApi, type TestApi } from '../testing/api.ts'
import { createClient, issueKey, keyRoutes } from './keys/index.ts'

let database: TestDatabase
let api: TestApi
beforeAll(async () => {
  database = await testDatabase()
  const more = { db: database.db, wake: () => {} }
  const reader = { projections: projectionReader(database) }
  const routes = [...shippingRoutes(more), ...analyticsRoutes(reader), ...lookupRoutes(reader), ...keyRoutes(more)]
  api = await testApi(database, routes)
})
afterAll(async () => {
  await api.close()
  await database.close()
})

async function aClient(
  name: string,
  scopes: readonly Scope[] = ['orders:read', 'orders:write', 'refunds'],
  test = false,
) {
  const client = await createClient(database.db, name)
  const key = await issueKey(database.db, client, { scopes, test })
  const sibling = await issueKey(database.db, client, { scopes, test })
  const send = (method: 'get' | 'post', path: string, body?: object, headers: Record<string, string> = {}) =>
    api.http[method](path)
      .set({ authorization: `Bearer ${headers['key'] ?? key.key}`, ...headers })
      .send(body)
  return {
    ...key,
    sibling,
    get: (path: string) => send('get', path),
    post: (path: string, body?: object, headers?: Record<string, string>) => send('post', path, body, headers),
  }
}

describe("another client's order", () => {
  it('is not there, whatever is asked of it', async () => {
    const [shop, rival] = [await aClient('shop'), await aClient('rival')]
    const { body: order } = await shop.post('/v1/orders', anOrder())
    const path = `/v1/orders/${order.id}`
    const asked = [
      await rival.get(path),
      await rival.get(`${path}?at=1`),
      await rival.get(`${path}/history`),
      await rival.post(`${path}/cancel`, { reason: 'mine now' }),
      await rival.post(`${path}/return`),
    ]
    const nothing = await rival.get('/v1/orders/0199a000-0000-7000-8000-000000000001')
    for (const { status, body } of asked) {
      expect([status, body.code]).toEqual([404, 'order-not-found'])
      expect(body.detail.replace(order.id, 'X')).toBe(nothing.body.detail.replace(/[0-9a-f-]{36}/, 'X'))
    }
    expect((await rival.get('/v1/orders')).body).toEqual({ orders: [], next: null })
    expect((await shop.get('/v1/orders')).body.orders).toMatchObject([{ id: order.id }])
    expect((await shop.get('/v1/orders?status=placed')).body.orders).toMatchObject([{ id: order.id }])
    expect((await shop.get('/v1/orders?status=expired')).body.orders).toEqual([])
    expect((await shop.get(path)).body).toMatchObject({ id: order.id, status: 'placed' })
  })

  it('is there for an operator', async () => {
    const shop = await aClient('watched')
    const { body: order } = await shop.post('/v1/orders', anOrder())
    const operator = await aClient('support', ['admin'])
    expect((await operator.get(`/v1/orders/${order.id}/story`)).body).toMatchObject({ orderId: order.id })
    expect((await operator.post(`/v1/orders/${order.id}/cancel`, { reason: 'x' })).body.status).toBe('cancelled')
  })
})

it('is found by its client and by operators alone, where orders are looked up', async () => {
  const [shop, rival, operator] = [await aClient('seen'), await aClient('unseen'), await aClient('finder', ['admin'])]
  const customer = { name: 'Grace Hopper', email: 'grace@example.com' }
  const { body: order } = await shop.post('/v1/orders', anOrder({ customer }))
  const { body: own } = await rival.post('/v1/orders', anOrder({ customer }))
  await project(database, customerOrders, orderSearch)
  for (const path of ['/v1/customers/orders?email=Grace@example.com', '/v1/search/orders?q=hopper']) {
    const found = async ({ get }: typeof shop) => (await get(path)).body.orders.map(({ id }: { id: string }) => id)
    expect(await found(shop)).toEqual([order.id])
    expect(await found(rival)).toEqual([own.id])
    expect(await found(operator)).toEqual([own.id, order.id])
  }
  expect((await rival.get(`/v1/search/orders?q=${order.id}`)).body.orders).toEqual([])
})

it('lists page by page, the newest first, whatever the states', async () => {
  const shop = await aClient('pages')
  const placed: string[] = []
  for (let nth = 0; nth < 5; nth++) placed.unshift((await shop.post('/v1/orders', anOrder())).body.id)
  await shop.post(`/v1/orders/${placed[1]}/cancel`, { reason: 'x' })
  const listed: string[] = []
  for (let next: string | null = ''; next !== null;) {
    const { body } = await shop.get(`/v1/orders?limit=2${next && `&cursor=${next}`}`)
    listed.push(...body.orders.map(({ id }: { id: string }) => id))
    next = body.next
  }
  expect(listed).toEqual(placed)
})

it.each<[Scope, 'get' | 'post', string]>([
  ['orders:read', 'get', '/v1/orders'],
  ['orders:write', 'post', '/v1/orders'],
  ['refunds', 'post', '/v1/orders/0199a000-0000-7000-8000-000000000001/return'],
  ['shipments:report', 'post', '/v1/shipments/FP1/delivered'],
  ['analytics', 'get', '/v1/analytics/daily'],
  ['orders:read', 'get', '/v1/customers/orders?email=a@example.com'],
  ['orders:read', 'get', '/v1/search/orders?q=a'],
  ['admin', 'get', '/v1/orders/0199a000-0000-7000-8000-000000000001/story'],
  ['admin', 'post', '/v1/clients'],
])('needs the scope %s to %s %s', async (scope, method, path) => {
  const others = SCOPES.filter((one) => one !== scope && one !== 'admin')
  const client = await aClient(`lacks-${randomUUID().slice(0, 8)}`, others)
  const answer = await client[method](path)
  expect([answer.status, answer.body.code]).toEqual([403, 'missing-scope'])
  expect(answer.headers['www-authenticate']).toBe(
    `Bearer realm="fanfare", error="insufficient_scope", scope="${scope}"`,
  )
})

it('writes who began it with every event, and into the story', async () => {
  const shop = await aClient('actor-shop')
  const { body: order } = await shop.post('/v1/orders', anOrder())
  await shop.post(`/v1/orders/${order.id}/cancel`, { reason: 'x' }, { key: shop.sibling.key })
  const events = await database.db.event.findMany({ where: { correlationId: order.id }, orderBy: { position: 'asc' } })
  expect(events.map(({ type, actor }) => [type, actor])).toEqual([
    ['order.placed', `actor-shop/${shop.id}`],
    ['order.cancelled', `actor-shop/${shop.sibling.id}`],
  ])
  expect((await api.get(`/v1/orders/${order.id}/story`)).body.events[0].actor).toBe(`actor-shop/${shop.id}`)
})

it('binds idempotency to the client: two of its keys make one order, those of another client another', async () => {
  const [shop, rival] = [await aClient('twice'), await aClient('once')]
  const idempotency = { 'idempotency-key': 'the-same' }
  const [one, two, other] = await Promise.all([
    shop.post('/v1/orders', anOrder(), idempotency),
    shop.post('/v1/orders', anOrder(), { ...idempotency, key: shop.sibling.key }),
    rival.post('/v1/orders', anOrder(), idempotency),
  ])
  expect(two.body.id).toBe(one.body.id)
  expect(other.body.id).not.toBe(one.body.id)
})

it('marks the orders of test keys', async () => {
  const tester = await aClient('tester', ['orders:read', 'orders:write'], true)
  const { body: order } = await tester.post('/v1/orders', anOrder())
  expect(order.test).toBe(true)
  expect((await tester.get(`/v1/orders/${order.id}`)).body.test).toBe(true)
})

it('lets a test key change nothing and see no customer where money is real', async () => {
  const live = await testApi(database, [], { prepared: true, isLive: true })
  try {
    const shop = await aClient('real-shop', ['orders:write', 'orders:read'])
    const { body: order } = await shop.post('/v1/orders', anOrder())
    const client = await database.db.client.findUniqueOrThrow({ where: { name: 'real-shop' } })
    const { key } = await issueKey(database.db, client, { scopes: SCOPES, test: true })
    const ask = (method: 'get' | 'post' | 'put' | 'patch', path: string, body?: object) =>
      live.http[method](path)
        .set({ authorization: `Bearer ${key}` })
        .send(body)
    const refused = [
      await ask('patch', `/v1/products/${MUG.sku}`, { name: 'Cheap mug' }),
      await ask('post', '/v1/stock/corrections', { id: 'by-test', lines: [{ sku: MUG.sku, change: 1 }], reason: 'x' }),
      await ask('post', '/v1/orders', anOrder()),
      await ask('post', `/v1/orders/${order.id}/cancel`, { reason: 'x' }),
      await ask('get', `/v1/orders/${order.id}`),
    ]
    expect(refused.map(({ status, body }) => [status, body.code])).toEqual(refused.map(() => [403, 'test-key-refused']))
    expect((await ask('get', `/v1/products/${MUG.sku}`)).body).toMatchObject({ name: MUG.name })
    const quote = { lines: anOrder().lines, shippingAddress: { country: 'GB' } }
    expect((await ask('post', '/v1/quotes', quote)).status).toBe(200)
  } finally {
    await live.close()
  }
})

it('lets an operator make clients and keys, rotate and revoke them', async () => {
  const operator = await aClient('operators', ['admin'])
  expect((await operator.post('/v1/clients', { name: 'new-shop' })).status).toBe(201)
  expect((await operator.post('/v1/clients', { name: 'new-shop' })).body.code).toBe('client-exists')
  expect((await operator.post('/v1/clients', { name: 'operator' })).body.code).toBe('invalid-client-name')
  const terms = { scopes: ['orders:read'], expiresInDays: 90, reason: 'Ticket 4711' }
  const made = await operator.post('/v1/clients/new-shop/keys', terms)
  expect(made.body).toMatchObject({
    scopes: ['orders:read'],
    test: false,
    key: expect.stringMatching(/^fanfare_live_/),
  })
  expect((await api.http.get('/v1/orders').set('authorization', `Bearer ${made.body.key}`)).status).toBe(200)
  const next = await operator.post(`/v1/keys/${made.body.id}/rotate`, { overlapHours: 1 })
  expect(next.body).toMatchObject({ scopes: ['orders:read'], expiresAt: expect.any(String) })
  const revoke = `/v1/keys/${next.body.id}/revoke?reason=It%20leaked`
  expect((await operator.post(revoke)).body).toEqual({ client: 'new-shop' })
  expect((await operator.post(`/v1/keys/${next.body.id}/revoke`)).status).toBe(404)
  const { body } = await operator.get('/v1/clients/new-shop/keys')
  expect(body.keys).toMatchObject([{ client: 'new-shop', revokedAt: null }, { revokedAt: expect.any(String) }])
  expect(JSON.stringify(body)).not.toContain(made.body.key)
  expect((await operator.post('/v1/clients/nobody/keys', { scopes: ['refunds'] })).body.code).toBe('client-not-found')
  const [revoked, rotated, issued, created] = await readHistory(database.db, { limit: 4 })
  const by = { operator: expect.stringMatching(/^operators\/[0-9a-f]{8}$/), outcome: 'done' }
  const of = (key: string) => ({ selector: { client: 'new-shop', key } })
  expect(created).toMatchObject({ ...by, action: 'create-client', selector: { client: 'new-shop' }, reason: null })
  expect(issued).toMatchObject({ ...by, ...of(made.body.id), action: 'issue-key', reason: 'Ticket 4711' })
  expect(issued!.result).toMatchObject({ scopes: ['orders:read'], test: false })
  expect(rotated).toMatchObject({ ...by, ...of(made.body.id), result: { followedBy: next.body.id } })
  expect(revoked).toMatchObject({ ...by, ...of(next.body.id), action: 'revoke-key', reason: 'It leaked' })
  expect(JSON.stringify([issued, rotated])).not.toMatch(/fanfare_live_/)
})
