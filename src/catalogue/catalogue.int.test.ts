import { createNames, append, encodeCloudEvent } from '#messaging'
import { FraudCleared, StockReserved } from '#events'
import { anOrderPlaced, record, testDatabase, type TestDatabase } from '#testing'
import { testApi, type TestApi } from '../testing/api.ts'
import { thisRelease } from '../cli/release.ts'
import { catalogueOf, catalogueRoutes, compareCauses } from './index.ts'

let database: TestDatabase
let api: TestApi
beforeAll(async () => {
  database = await testDatabase()
  api = await testApi(database, catalogueRoutes({ names: createNames(), loadRelease: thisRelease }))
})
afterAll(async () => {
  await api.close()
  await database.close()
})

describe('over HTTP, without a key', () => {
  it('shows a page that asks for nothing else', async () => {
    const { status, headers, text } = await api.http.get('/events')
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'unsafe-inline'/)
    expect(text).toContain('<section id="order.placed">')
    expect(text).toContain('<li>analytics.sales</li>')
    expect(text).toContain('A customer has placed an order, at the prices of that moment.')
    expect(text).not.toMatch(/<script|<link|<img|src=|url\(/)
  })

  it('gives the AsyncAPI document', async () => {
    const { body } = await api.http.get('/events/asyncapi.json')
    expect(body.channels['order.placed'].bindings.amqp.exchange).toMatchObject({ name: 'order.placed', type: 'fanout' })
    expect(body.channels['inventory.reserve-stock']['x-queue-arguments']).toMatchObject({ 'x-queue-type': 'quorum' })
    expect(body.operations['publish.order.placed']).toMatchObject({
      'x-published-by': ['request POST /v1/orders'],
      'x-projected-into': expect.arrayContaining(['analytics.sales']),
    })
  })

  it('gives the JSON Schema where `dataschema` of an event leads, of every version', async () => {
    const [event] = await record(database, anOrderPlaced())
    const { dataschema } = JSON.parse(encodeCloudEvent(event!, JSON.stringify(event!.data)).toString()) as {
      dataschema: string
    }
    const { status, headers, body } = await api.http.get(new URL(dataschema).pathname).responseType('json')
    expect([status, headers['content-type']]).toEqual([200, 'application/schema+json'])
    const schema = JSON.parse(String(body)) as { $id: string; required: string[] }
    expect(schema.$id).toBe(dataschema)
    expect(schema.required).not.toContain('payment')
    const first = await api.http.get('/events/order.placed/1').responseType('json')
    expect(JSON.parse(String(first.body))).toMatchObject({ required: expect.arrayContaining(['payment']) })
  })

  it.each(['/events/order.placed/3', '/events/order.eaten/1'])('says that there is nothing at %s', async (path) => {
    const { status, body } = await api.http.get(path)
    expect([status, body.code]).toEqual([404, 'event-version-not-found'])
  })
})

it('tells what happened and no reaction says so, and what the code allows and did not happen', async () => {
  const [placed] = await record(database, anOrderPlaced())
  const { orderId } = placed!.data as { orderId: string }
  const caused = { correlationId: orderId, causationId: placed!.id }
  const [cleared] = await database.db.$transaction((tx) =>
    append(tx, [{ event: FraudCleared({ orderId, score: 0 }), ...caused }]),
  )
  const event = StockReserved({ orderId, lines: [] })
  await database.db.$transaction((tx) => append(tx, [{ event, ...caused, causationId: cleared!.id }]))
  const { undeclared, unseen, seen } = await compareCauses(database.db, catalogueOf(await thisRelease()), 1_000)
  expect(undeclared).toEqual([{ because: 'fraud.cleared', type: 'stock.reserved', times: 1 }])
  expect(seen).toContainEqual({ because: 'order.placed', type: 'fraud.cleared', times: 1 })
  expect(unseen).toContainEqual({ because: 'order.placed', type: 'payment.authorized' })
})
