import { anOrderCancelled, anOrderConfirmed, react, testDatabase, type TestDatabase } from '#testing'
import { uuidv7 } from '#platform/uuid'
import createShipment from './create-shipment.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.close())

const shipmentOf = (orderId: string) => database.db.shipment.findUnique({ where: { orderId } })

it('books one parcel for each confirmed order and publishes it', async () => {
  const orders = [anOrderConfirmed(), anOrderConfirmed()]
  const { published } = await react(database, createShipment, ...orders)
  expect(published.map(({ type, stream }) => [type, stream])).toEqual(
    orders.map(({ stream }) => ['shipment.created', stream]),
  )
  const stored = await shipmentOf(orders[0]!.data.orderId)
  expect(published[0]!.data).toMatchObject({ shipmentId: stored!.id, trackingNumber: stored!.trackingNumber })
})

it('books nothing for an order that was cancelled before', async () => {
  const orderId = uuidv7()
  await react(database, createShipment, anOrderCancelled({ orderId }))
  const { published } = await react(database, createShipment, anOrderConfirmed({ orderId }))
  expect(published).toEqual([])
  expect(await shipmentOf(orderId)).toMatchObject({ status: 'called-off', trackingNumber: null })
})

it('books nothing for an order that its client ships', async () => {
  const orderId = uuidv7()
  const { published } = await react(database, createShipment, anOrderConfirmed({ orderId, fulfillment: 'manual' }))
  expect(published).toEqual([])
  expect(await shipmentOf(orderId)).toBeNull()
})

it('calls a booked parcel off when its order is cancelled', async () => {
  const orderId = uuidv7()
  await react(database, createShipment, anOrderConfirmed({ orderId }))
  await react(database, createShipment, anOrderCancelled({ orderId }))
  expect(await shipmentOf(orderId)).toMatchObject({ status: 'called-off', trackingNumber: expect.any(String) })
})

it('books no parcel for an order that is confirmed and cancelled in one batch', async () => {
  const orderId = uuidv7()
  const { published } = await react(
    database,
    createShipment,
    anOrderConfirmed({ orderId }),
    anOrderCancelled({ orderId }),
  )
  expect(published).toEqual([])
  expect(await shipmentOf(orderId)).toMatchObject({ status: 'called-off' })
})

it('books one parcel when the same fact is delivered twice', async () => {
  const orderId = uuidv7()
  await react(database, createShipment, anOrderConfirmed({ orderId }))
  const again = await react(database, createShipment, anOrderConfirmed({ orderId }))
  expect(again.published).toEqual([])
  expect(await database.db.shipment.count({ where: { orderId } })).toBe(1)
})
