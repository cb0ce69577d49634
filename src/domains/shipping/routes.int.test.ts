import type { Route } from '#http'
import { FraudCleared, PaymentAuthorized, PaymentCaptured, StockReserved } from '#events'
import { Prisma } from '#prisma'
import { aCaller, anOrderConfirmed, react, record, testDatabase, type TestDatabase } from '#testing'
import { anOrder, MUG, TEA, testApi, type TestApi } from '../../testing/api.ts'
import advanceOrder from '../../../workers/order/advance-order.ts'
import { shippingRoutes } from './routes.ts'
import { bookShipments, callOffShipments } from './store.ts'

let database: TestDatabase
const wake = jest.fn()
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.close())

async function aBookedParcel() {
  const { data } = anOrderConfirmed()
  const booked = await database.db.$transaction((tx) => bookShipments(tx, [data], new Date()))
  return booked.get(data.orderId)!
}

function reportDelivered(trackingNumber: string) {
  const [route] = shippingRoutes({ db: database.db, wake }) as [Route]
  return route.handle({ params: { trackingNumber }, caller: aCaller(), traceparent: null } as never)
}

const publishedFor = (orderId: string) => database.db.event.findMany({ where: { correlationId: orderId } })

it('publishes the arrival of a parcel once, however often the carrier reports it', async () => {
  const { orderId, trackingNumber } = await aBookedParcel()
  const replies = await Promise.all([reportDelivered(trackingNumber), reportDelivered(trackingNumber)])
  for (const reply of replies) expect(reply).toMatchObject({ status: 200, body: { orderId, status: 'delivered' } })
  expect(await publishedFor(orderId)).toMatchObject([{ type: 'shipment.delivered', stream: `order-${orderId}` }])
  expect(wake).toHaveBeenCalled()
})

it('does not know a number that was never given', async () => {
  await expect(reportDelivered('FP0000000000000000')).rejects.toMatchObject({ code: 'shipment-not-found' })
})

it('refuses the arrival of a parcel that was called off', async () => {
  const { orderId, trackingNumber } = await aBookedParcel()
  await database.db.$transaction((tx) => callOffShipments(tx, [orderId], new Date()))
  await expect(reportDelivered(trackingNumber)).rejects.toMatchObject({ code: 'shipment-called-off' })
  expect(await publishedFor(orderId)).toEqual([])
})

describe('parcels of a client', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await testApi(database, shippingRoutes({ db: database.db, wake }))
  })
  afterAll(() => api.close())

  async function aPaidOrder(given: object = {}) {
    const lines = [
      { sku: MUG.sku, quantity: 2 },
      { sku: TEA.sku, quantity: 1 },
    ]
    const { body } = await api.place(anOrder({ lines, fulfillment: 'manual', ...given }))
    const orderId = body.id as string
    const amount = body.total as { amount: number; currency: string }
    const authorized = PaymentAuthorized({ orderId, authorizationId: 'a', amount })
    const answers = [StockReserved({ orderId, lines: [] }), FraudCleared({ orderId, score: 0 }), authorized]
    await react(database, advanceOrder, ...answers)
    await record(database, PaymentCaptured({ orderId, amount }))
    return orderId
  }
  const ship = (orderId: string, body: object, key?: string) =>
    api.http
      .post(`/v1/orders/${orderId}/shipments`)
      .set({ authorization: `Bearer ${api.key}`, ...(key && { 'idempotency-key': key }) })
      .send(body)
  const order = async (orderId: string) => (await api.get(`/v1/orders/${orderId}`)).body
  const mugs = (quantity: number) => ({ lines: [{ sku: MUG.sku, quantity }] })

  it('hold each piece once, whoever asks at the same time', async () => {
    const orderId = await aPaidOrder()
    const answers = await Promise.all([ship(orderId, mugs(2)), ship(orderId, mugs(2)), ship(orderId, mugs(1))])
    const held = answers.flatMap(({ status, body }) => (status === 201 ? body.lines : []))
    expect(held.reduce((sum, { quantity }) => sum + quantity, 0)).toBe(2)
    for (const { status } of answers) expect([201, 422]).toContain(status)
    expect(await order(orderId)).toMatchObject({ status: 'confirmed', fulfillmentStatus: 'partially_shipped' })
  })

  it('are booked once under a key, and the last one ships the order; when all have arrived it is delivered', async () => {
    const orderId = await aPaidOrder()
    const first = await ship(orderId, mugs(1), 'first')
    expect((await ship(orderId, mugs(1), 'first')).body).toEqual(first.body)
    expect(first).toMatchObject({ status: 201, body: { carrier: 'Fanfare Post', status: 'booked' } })
    const rest = await ship(orderId, { carrier: 'DHL', trackingNumber: 'JD1' })
    expect(rest.body.lines).toEqual([
      { sku: MUG.sku, quantity: 1 },
      { sku: TEA.sku, quantity: 1 },
    ])
    expect(await order(orderId)).toMatchObject({ status: 'shipped', shipments: [{}, { trackingNumber: 'JD1' }] })
    await reportDelivered('JD1')
    expect(await order(orderId)).toMatchObject({ fulfillmentStatus: 'partially_delivered' })
    expect(await reportDelivered('JD1')).toMatchObject({ body: { status: 'delivered' } })
    await reportDelivered(first.body.trackingNumber)
    const [, arrival] = await database.db.event.findMany({
      where: { type: 'shipment.delivered', correlationId: orderId },
      orderBy: { position: 'asc' },
    })
    await react(database, advanceOrder, { ...arrival!, time: arrival!.occurredAt })
    const view = await order(orderId)
    expect(view).toMatchObject({ status: 'delivered', fulfillmentStatus: 'delivered' })
    expect((await api.get(`/v1/orders/${orderId}?at=${view.version}`)).body).toEqual(view)
  })

  it('are not lost, and their order is not cancelled, by processes of older releases', async () => {
    const orderId = await aPaidOrder()
    await ship(orderId, mugs(1))
    const next = Prisma.sql`version = version + 1, updated_at = now()`
    const where = Prisma.sql`WHERE id = ${orderId}::uuid`
    // As releases write a row that know returned pieces but no parcels, and those that know of neither.
    const withoutParcels = (status: string) => database.db.$executeRaw`
      UPDATE orders SET status = ${status}, parts = parts - 'parcels', parts_version = version + 1, ${next} ${where}`
    const withoutParts = () => database.db.$executeRaw`UPDATE orders SET status = 'cancelled', ${next} ${where}`
    const whatToDo = 'replace this process by one of the newer release'
    await expect(withoutParcels('cancelled')).rejects.toThrow(`would lose its parcels: ${whatToDo}`)
    await expect(withoutParcels('confirmed')).rejects.toThrow(`would lose its parcels: ${whatToDo}`)
    await expect(withoutParts()).rejects.toThrow(`which this release does not know: ${whatToDo}, and cancel the lines`)
    expect(await order(orderId)).toMatchObject({ fulfillmentStatus: 'partially_shipped', shipments: [{}] })
    expect((await ship(orderId, {})).status).toBe(201)
    expect(await order(orderId)).toMatchObject({ status: 'shipped', shipments: [{}, {}] })
  })

  it('need a tracking number of their own, a carrier with it, and an order that is theirs to ship', async () => {
    const orderId = await aPaidOrder()
    const codes = []
    const taken = { carrier: 'DHL', trackingNumber: (await aBookedParcel()).trackingNumber }
    for (const body of [{ ...mugs(1), ...taken }, { trackingNumber: 'JD2' }, { lines: [{ sku: 'NONE' }] }])
      codes.push((await ship(orderId, body)).body.code)
    const automatic = await aPaidOrder({ fulfillment: 'automatic' })
    codes.push((await ship(automatic, {})).body.code)
    expect(codes).toEqual(['tracking-number-taken', 'validation-failed', 'unknown-sku', 'order-ships-automatically'])
    expect(await order(orderId)).toMatchObject({ fulfillmentStatus: 'unfulfilled', shipments: [] })
  })
})
