// Orders that are told of stock, payment, screening and parcel in any order, twice or not at all, while they are cancelled,
// expire and come back. After each step the API is asked; afterwards ?at= must say the same of every version and time.
// A thousand orders: PAST_ORDERS=1000 npm test -- test/past
import fc from 'fast-check'
import { expireOrders, deviations } from '#domains/order'
import {
  FraudCleared,
  FraudFlagged,
  PaymentAuthorized,
  PaymentCaptured,
  PaymentDeclined,
  PaymentFailed,
  PaymentRefunded,
  PaymentVoided,
  PointsAwarded,
  ShipmentCreated,
  ShipmentDelivered,
  StockRejected,
  StockReleased,
  StockReserved,
} from '#events'
import type { NewEvent, RecordedEvent } from '#messaging'
import { react, record, testDatabase, type TestDatabase } from '#testing'
import { say } from '../../src/cli/terminal/output.ts'
import { anOrder, MUG, testApi, type TestApi } from '../../src/testing/api.ts'
import advanceOrder from '../../workers/order/advance-order.ts'
import { Recorder, tellOf } from './recorder.ts'

const ORDERS = Number(process.env['PAST_ORDERS'] ?? 30)

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

const money = { amount: 2_500, currency: 'GBP' }
const refusal = { code: 'card_declined', detail: 'insufficient funds' }
const parcel = { shipmentId: '0199a000-0000-7000-8000-000000000002' }
const SAID: Record<string, (orderId: string) => NewEvent> = {
  reserved: (orderId) => StockReserved({ orderId, lines: [] }),
  outOfStock: (orderId) => StockRejected({ orderId, missing: [{ sku: 'MUG-01', requested: 2, available: 1 }] }),
  released: (orderId) => StockReleased({ orderId, lines: [] }),
  authorized: (orderId) => PaymentAuthorized({ orderId, authorizationId: 'a', amount: money }),
  declined: (orderId) => PaymentDeclined({ orderId, ...refusal }),
  cleared: (orderId) => FraudCleared({ orderId, score: 1 }),
  flagged: (orderId) => FraudFlagged({ orderId, score: 90, reasons: ['velocity'] }),
  captured: (orderId) => PaymentCaptured({ orderId, amount: money }),
  failed: (orderId) => PaymentFailed({ orderId, ...refusal }),
  voided: (orderId) => PaymentVoided({ orderId, amount: money }),
  refunded: (orderId) => PaymentRefunded({ orderId, amount: { ...money, amount: 700 }, refundId: parcel.shipmentId }),
  booked: (orderId) => ShipmentCreated({ orderId, ...parcel, carrier: 'Post', trackingNumber: 'P1' }),
  arrived: (orderId) => ShipmentDelivered({ orderId, ...parcel }),
  points: (orderId) => PointsAwarded({ orderId, points: 25 }),
}
const GOOD = ['reserved', 'authorized', 'cleared', 'captured', 'booked', 'arrived']

/** A step in the life of an order: it is told something, takes what it was told, or somebody wants something of it. */
const step = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...Object.keys(SAID)) },
  { weight: 8, arbitrary: fc.constantFrom(...GOOD) },
  { weight: 10, arbitrary: fc.constant('handle') },
  { weight: 1, arbitrary: fc.constantFrom('cancel', 'cancelOne', 'returnOne', 'return', 'expire') },
)
/** Half of the lives go well, with something thrown in. */
const lives = fc.oneof(
  fc.array(step, { minLength: 4, maxLength: 16 }),
  fc
    .tuple(fc.shuffledSubarray(GOOD, { minLength: 6 }), fc.array(step, { maxLength: 4 }), fc.nat(6))
    .map(([good, more, at]) => [
      ...good.slice(0, at).flatMap((name) => [name, 'handle']),
      ...more,
      ...good.slice(at),
      'handle',
      'returnOne',
      'return',
    ]),
)

const answerOf = (path: string) => tellOf(async () => await api.get(path))

const cancelOne = (orderId: string) =>
  api.post(`/v1/orders/${orderId}/lines/cancel`, { lines: [{ sku: MUG.sku, quantity: 1 }], reason: 'no need' })

const returnOne = (orderId: string) =>
  api.post(`/v1/orders/${orderId}/returns`, { lines: [{ sku: MUG.sku, quantity: 1 }] })

async function live(life: readonly string[], recorder: Recorder) {
  const orderId = (await api.place(anOrder())).body.id as string
  const waiting: RecordedEvent[] = []
  const ask = async () => recorder.record(await answerOf(`/v1/orders/${orderId}`))
  await ask()
  for (const what of life) {
    if (what === 'handle') await react(database, advanceOrder, ...waiting.splice(0).reverse())
    else if (what === 'cancel') await api.post(`/v1/orders/${orderId}/cancel`, { reason: 'no need' })
    else if (what === 'cancelOne') await cancelOne(orderId)
    else if (what === 'returnOne') await returnOne(orderId)
    else if (what === 'return') await api.post(`/v1/orders/${orderId}/return`)
    else if (what === 'expire') await expireOrders(database.db, { olderThanMs: 0, limit: 1 })
    else waiting.push(...(await record(database, SAID[what]!(orderId))))
    await ask()
  }
  await react(database, advanceOrder, ...waiting)
  await ask()
}

test('?at= says of every version and time what the API said then', async () => {
  const recorder = new Recorder()
  const seed = Number(process.env['PAST_SEED'] ?? Date.now() % 1_000_000)
  const all = fc.sample(lives, { numRuns: ORDERS, seed })
  for (let first = 0; first < ORDERS; first += 8)
    await Promise.all(all.slice(first, first + 8).map((life) => live(life, recorder)))
  const ask = (id: string, at: string) => answerOf(`/v1/orders/${id}?at=${at}`)
  const differences = await recorder.compare(ask)
  expect({ seed, differences: differences.slice(0, 5) }).toEqual({ seed, differences: [] })
  expect(recorder.answers).toBeGreaterThan(5 * ORDERS)
  say(`${ORDERS} orders, ${recorder.answers} versions told and found again (seed ${seed})`)
  for await (const deviation of deviations(database.db)) throw new Error(JSON.stringify(deviation))
}, 900_000)
