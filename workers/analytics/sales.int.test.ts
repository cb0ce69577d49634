import { uuidv7 } from '#platform/uuid'
import {
  anOrderCancelled,
  anOrderConfirmed,
  anOrderPlaced,
  anOrderRejected,
  project,
  record,
  testDatabase,
  type TestDatabase,
} from '#testing'
import sales from './sales.ts'

let database: TestDatabase
beforeEach(async () => {
  database = await testDatabase()
})
afterEach(() => database.close())

const days = () => database.db.$queryRaw`
  SELECT country, currency, placed, confirmed, rejected, cancelled, revenue FROM projection_analytics_sales.by_country`
const products = () => database.db.$queryRaw`
  SELECT sku, quantity, revenue FROM projection_analytics_sales.by_product ORDER BY sku`
const open = () => database.db.$queryRaw`SELECT FROM projection_analytics_sales.open_orders`

const where = { country: 'GB', currency: 'GBP' }

it('counts orders, revenue and products, whatever the batches that they come in', async () => {
  const [kept, refused, calledOff] = [uuidv7(), uuidv7(), uuidv7()]
  await record(database, ...[kept, refused, calledOff].map((orderId) => anOrderPlaced({ orderId })))
  await project(database, sales)
  await record(
    database,
    anOrderConfirmed({ orderId: kept }),
    anOrderRejected({ orderId: refused }),
    anOrderConfirmed({ orderId: calledOff }),
  )
  await project(database, sales)
  await record(database, anOrderCancelled({ orderId: calledOff }))
  await project(database, sales)
  expect(await days()).toEqual([{ ...where, placed: 3, confirmed: 2, rejected: 1, cancelled: 1, revenue: 2_500n }])
  expect(await products()).toEqual([{ sku: 'MUG-01', quantity: 2, revenue: 2_500n }])
  expect(await open()).toHaveLength(1)
})

it('counts what stands in one batch', async () => {
  const line = (sku: string) => ({ sku, name: sku, quantity: 1, unitPrice: 100 })
  const orders = Array.from({ length: 20 }, () => uuidv7())
  await record(
    database,
    ...orders.map((orderId) => anOrderPlaced({ orderId })),
    ...orders.map((orderId) => anOrderConfirmed({ orderId, lines: [line('a'), line('b')] })),
    ...orders.slice(5).map((orderId) => anOrderCancelled({ orderId })),
  )
  await project(database, sales)
  expect(await days()).toMatchObject([{ placed: 20, confirmed: 20, cancelled: 15, revenue: 5n * 2_500n }])
  expect(await products()).toEqual([
    { sku: 'a', quantity: 5, revenue: 500n },
    { sku: 'b', quantity: 5, revenue: 500n },
  ])
})
