import type { RecordedEvent } from '#messaging'
import {
  anOrderCancelled,
  anOrderConfirmed,
  anOrderPlaced,
  anOrderRejected,
  react,
  record,
  testDatabase,
  type TestDatabase,
} from '#testing'
import { uuidv7 } from '#platform/uuid'
import recordSale from './record-sale.ts'

let database: TestDatabase
beforeEach(async () => {
  database = await testDatabase()
})
afterEach(() => database.close())

const days = () => database.db.dailySales.findMany()
const products = () => database.db.productSales.findMany({ orderBy: { sku: 'asc' } })

/** Three orders, each its own way: confirmed, rejected, cancelled after confirmation. */
async function threeOrders(): Promise<RecordedEvent[]> {
  const [kept, refused, calledOff] = [uuidv7(), uuidv7(), uuidv7()]
  return record(
    database,
    ...[kept, refused, calledOff].map((orderId) => anOrderPlaced({ orderId })),
    anOrderConfirmed({ orderId: kept }),
    anOrderRejected({ orderId: refused }),
    anOrderConfirmed({ orderId: calledOff }),
    anOrderCancelled({ orderId: calledOff }),
  )
}

const EXPECTED = { currency: 'GBP', placed: 3, confirmed: 2, rejected: 1, cancelled: 1, revenue: 2_500n }

it('counts orders, revenue and products of a batch', async () => {
  await react(database, recordSale, ...(await threeOrders()))
  expect(await days()).toMatchObject([EXPECTED])
  expect(await products()).toMatchObject([{ sku: 'MUG-01', quantity: 2, revenue: 2_500n }])
})

it('counts the same when the facts arrive backwards, one by one, and twice', async () => {
  const facts = (await threeOrders()).toReversed()
  for (const fact of [...facts, ...facts]) await react(database, recordSale, fact)
  expect(await days()).toMatchObject([EXPECTED])
  expect(await products()).toMatchObject([{ quantity: 2, revenue: 2_500n }])
})

it('counts the same when two replicas handle overlapping orders and products at once', async () => {
  const line = (sku: string) => ({ sku, name: sku, quantity: 1, unitPrice: 100 })
  const orders = Array.from({ length: 20 }, () => uuidv7())
  const facts = await record(
    database,
    ...orders.map((orderId) => anOrderPlaced({ orderId })),
    ...orders.map((orderId, i) =>
      anOrderConfirmed({ orderId, lines: i % 2 ? [line('a'), line('b')] : [line('b'), line('a')] }),
    ),
  )
  const halves = [facts.filter((_, i) => i % 3 === 0), facts.filter((_, i) => i % 3 !== 0).toReversed()]
  await Promise.all(halves.map((half) => react(database, recordSale, ...half)))
  expect(await days()).toMatchObject([{ placed: 20, confirmed: 20, revenue: 50_000n }])
  expect(await products()).toMatchObject([
    { sku: 'a', quantity: 20, revenue: 2_000n },
    { sku: 'b', quantity: 20, revenue: 2_000n },
  ])
})
