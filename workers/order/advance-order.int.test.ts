import { expireOrders } from '#domains/order'
import {
  FraudCleared,
  PaymentAuthorized,
  PaymentCaptured,
  PaymentDeclined,
  ShipmentCreated,
  StockReserved,
} from '#events'
import { aStockReserved, attempt, react, record, testDatabase, type TestDatabase } from '#testing'
import { anOrder, testApi, type TestApi } from '../../src/testing/api.ts'
import advanceOrder from './advance-order.ts'

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

async function place() {
  const { body } = await api.place(anOrder())
  const orderId = body.id as string
  const amount = body.total
  return {
    orderId,
    reserved: StockReserved({ orderId, lines: [] }),
    authorized: PaymentAuthorized({ orderId, authorizationId: 'a', amount }),
    declined: PaymentDeclined({ orderId, code: 'card_declined', detail: 'insufficient funds' }),
    cleared: FraudCleared({ orderId, score: 0 }),
    captured: PaymentCaptured({ orderId, amount }),
    booked: ShipmentCreated({ orderId, shipmentId: orderId, carrier: 'Post', trackingNumber: 'P1' }),
  }
}

const order = async (id: string) => (await api.get(`/v1/orders/${id}`)).body

describe('order.advance-order', () => {
  it('confirms when all have said yes, and ships when the parcel is booked and paid', async () => {
    const { orderId, reserved, authorized, cleared, captured, booked } = await place()
    const first = await react(database, advanceOrder, reserved, cleared)
    expect(first.published).toEqual([])
    const second = await react(database, advanceOrder, authorized)
    expect(second.published).toMatchObject([
      { type: 'order.confirmed', data: { orderId, lines: [{ sku: 'MUG-01', quantity: 2 }] } },
    ])
    const third = await react(database, advanceOrder, booked, captured)
    expect(third.published).toMatchObject([{ type: 'order.shipped', data: { trackingNumber: 'P1' } }])
    expect(await order(orderId)).toMatchObject({
      status: 'shipped',
      answers: { stock: 'yes', payment: 'yes', fraud: 'yes', capture: 'yes' },
      shipment: { carrier: 'Post', trackingNumber: 'P1' },
    })
  })

  it('takes many orders in one batch, each with its own outcome', async () => {
    const orders = await Promise.all(Array.from({ length: 20 }, place))
    const answers = orders.flatMap(({ reserved, cleared, authorized, declined }, index) => [
      index % 2 ? declined : authorized,
      reserved,
      cleared,
    ])
    const { published } = await react(database, advanceOrder, ...answers)
    expect(published.map(({ type }) => type).toSorted()).toEqual([
      ...Array(10).fill('order.confirmed'),
      ...Array(10).fill('order.rejected'),
    ])
    for (const [index, { orderId }] of orders.entries()) {
      expect((await order(orderId)).status).toBe(index % 2 ? 'rejected' : 'confirmed')
    }
  })

  it('says why it rejected', async () => {
    const { orderId, declined } = await place()
    const { published } = await react(database, advanceOrder, declined)
    const detail = 'The payment was declined.'
    expect(published).toMatchObject([{ type: 'order.rejected', data: { reason: 'payment-declined', detail } }])
    expect((await order(orderId)).ended).toEqual({ reason: 'payment-declined', detail })
  })

  it('takes an answer after the cancellation without a word', async () => {
    const { orderId, reserved, authorized, cleared } = await place()
    await api.post(`/v1/orders/${orderId}/cancel`, { reason: 'x' })
    const { published } = await react(database, advanceOrder, reserved, authorized, cleared)
    expect(published).toEqual([])
    expect(await order(orderId)).toMatchObject({ status: 'cancelled', answers: { stock: 'yes' } })
  })

  it('lets either the cancellation or the confirmation come first when both are under way', async () => {
    for (let round = 0; round < 10; round++) {
      const { orderId, reserved, authorized, cleared } = await place()
      const [cancelled] = await Promise.all([
        api.post(`/v1/orders/${orderId}/cancel`, { reason: 'x' }),
        react(database, advanceOrder, reserved, authorized, cleared),
      ])
      expect(cancelled.status).toBe(200) // possible before and after the confirmation
      expect((await order(orderId)).status).toBe('cancelled')
    }
  })

  it('gives up at once on an order that never was', async () => {
    const { outcomes } = await attempt(database, advanceOrder, aStockReserved())
    expect(outcomes).toMatchObject([{ kind: 'failed', error: { name: 'Unrecoverable' } }])
  })
})

describe('expireOrders', () => {
  it('ends what has waited too long, the oldest first, and nothing else', async () => {
    await database.db.order.updateMany({ data: { status: 'returned' } })
    const [old, older, confirmed, young] = [await place(), await place(), await place(), await place()]
    await react(database, advanceOrder, confirmed.reserved, confirmed.authorized, confirmed.cleared)
    const where = { id: { in: [old, older, confirmed].map(({ orderId }) => orderId) } }
    await database.db.order.updateMany({ where, data: { placedAt: new Date(Date.now() - 60_000) } })
    expect(await expireOrders(database.db, { olderThanMs: 30_000, limit: 1 })).toBe(1)
    expect(await expireOrders(database.db, { olderThanMs: 30_000, limit: 10 })).toBe(1)
    expect(await expireOrders(database.db, { olderThanMs: 30_000, limit: 10 })).toBe(0)
    for (const { orderId } of [old, older])
      expect(await order(orderId)).toMatchObject({ status: 'expired', ended: { reason: 'not-decided-in-time' } })
    expect((await order(young.orderId)).status).toBe('placed')
    const facts = await database.db.event.findMany({ where: { type: 'order.expired' }, orderBy: { position: 'asc' } })
    expect(facts.map(({ correlationId }) => correlationId)).toEqual([old.orderId, older.orderId])
  })

  it('leaves an order for the release that knows what it has been told, and ends the others', async () => {
    await database.db.order.updateMany({ data: { status: 'returned' } })
    const [told, other] = [await place(), await place()]
    await record(database, { ...told.authorized, version: 99 })
    expect(await expireOrders(database.db, { olderThanMs: -60_000, limit: 10 })).toBe(1)
    expect([(await order(told.orderId)).status, (await order(other.orderId)).status]).toEqual(['placed', 'expired'])
  })
})
