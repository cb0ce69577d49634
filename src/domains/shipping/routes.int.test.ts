import type { Route } from '#http'
import { aCaller, anOrderConfirmed, testDatabase, type TestDatabase } from '#testing'
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
