import {
  anOrderConfirmed,
  anOrderPlaced,
  anOrderShipped,
  react,
  record,
  testDatabase,
  type TestDatabase,
} from '#testing'
import { uuidv7 } from '#platform/uuid'
import { historyOf } from '../../src/domains/order/reading/history.ts'
import { subscribe } from '../../src/messaging/deliveries/subscriptions.ts'
import recordHistory from './record-history.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
  await subscribe(database.db, [recordHistory])
})
afterAll(() => database.close())

test('the steps stand in the order of the events, although the last one arrived first', async () => {
  const orderId = uuidv7()
  const [placed, confirmed, shipped] = await record(
    database,
    anOrderPlaced({ orderId }),
    anOrderConfirmed({ orderId }),
    anOrderShipped({ orderId, carrier: 'Sandbox Post', trackingNumber: 'SP1' }),
  )
  for (const event of [shipped!, placed!, confirmed!]) await react(database, recordHistory, event)
  expect((await historyOf(database.db, orderId)).steps).toMatchObject([
    { step: 1, type: 'order.placed', text: 'The order was placed.' },
    { step: 2, type: 'order.confirmed' },
    { step: 3, type: 'order.shipped', text: 'The parcel is with Sandbox Post, tracking number SP1.' },
  ])
})
