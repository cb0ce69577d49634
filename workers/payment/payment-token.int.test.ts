// Where the token of a payment method stands, and until when.
import { keepTokens, paymentOf, wrongPayments } from '#domains/payment'
import { OrderPlaced } from '#events'
import type { RecordedEvent } from '#messaging'
import { Prisma } from '#prisma'
import {
  anOrderCancelled,
  anOrderPlaced,
  attempt,
  react,
  record,
  requireTestService,
  testDatabase,
  type TestDatabase,
} from '#testing'
import { startGateway, type RunningGateway } from '../../sandbox/payment-gateway/server.ts'
import authorizePayment from './authorize-payment.ts'
import returnPayment from './return-payment.ts'

let database: TestDatabase
let gateway: RunningGateway
beforeAll(async () => {
  database = await testDatabase()
  gateway = await startGateway({ port: 0 })
  Object.assign(process.env, {
    PAYMENT_GATEWAY_URL: gateway.url,
    DATABASE_URL: requireTestService('TEST_DATABASE_URL'),
    RABBITMQ_URL: 'amqp://127.0.0.1:1',
    REDIS_URL: 'redis://127.0.0.1:1',
  })
})
afterAll(async () => {
  await gateway.close()
  await database.close()
})
afterEach(async () => expect(await wrongPayments(database.db)).toEqual([]))

const total = { amount: 2_500, currency: 'GBP' }

async function anOrder(token: string) {
  const order = anOrderPlaced({ total })
  const stored = Prisma.sql`(SELECT ${order.data.orderId}::uuid AS "orderId", ${{ token }}::jsonb AS payment) AS new`
  await database.db.$executeRaw(keepTokens(stored))
  return { order: (await record(database, order))[0]!, orderId: order.data.orderId }
}

/** As an API process of the release before appends it, and as a reaction of this release reads it. */
async function anOrderOfVersion1(token: string) {
  const { data, ...placed } = anOrderPlaced({ total })
  const [event] = await record(database, { ...placed, version: 1, data: { ...data, payment: { token } } })
  const read = { ...event!, version: OrderPlaced.version, data: OrderPlaced.read(event!.data, 1) }
  return { order: read as RecordedEvent, orderId: data.orderId }
}

const isKept = async (orderId: string) => (await database.db.paymentToken.count({ where: { orderId } })) === 1
const authorize = async (order: RecordedEvent) => attempt(database, authorizePayment, order)
const status = async (orderId: string) => (await paymentOf(database.db, orderId)).status

interface Hold {
  token: string
  amount: number
}

const holdsOf = async (orderId: string) => {
  const response = await fetch(`${gateway.url}/v1/authorizations?reference=${orderId}`)
  return ((await response.json()) as { data: Hold[] }).data
}

test.each([
  ['pm_card_visa', 'authorized'],
  ['pm_card_chargeDeclined', 'declined'],
])('%s is forgotten in the transaction that books the answer: %s', async (token, end) => {
  const { order, orderId } = await anOrder(token)
  expect(await isKept(orderId)).toBe(true)
  await react(database, authorizePayment, order)
  expect([await status(orderId), await isKept(orderId)]).toEqual([end, false])
})

test('it is kept over failed attempts, and used again', async () => {
  const { order, orderId } = await anOrder('pm_sandbox_flaky')
  expect((await authorize(order)).outcomes).toMatchObject([{ kind: 'failed' }])
  expect(await isKept(orderId)).toBe(true)
  await authorize(order)
  await react(database, authorizePayment, order)
  expect([await status(orderId), await isKept(orderId)]).toEqual(['authorized', false])
})

test('the end of the order does not forget it: what an unheard attempt has held is found with it, and goes back', async () => {
  const { order, orderId } = await anOrder('pm_card_visa')
  const unheard = { method: 'POST', headers: { 'idempotency-key': `authorize:${orderId}` } }
  const body = JSON.stringify({ ...total, token: 'pm_card_visa', reference: orderId })
  await fetch(`${gateway.url}/v1/authorizations`, { ...unheard, body })
  await react(database, returnPayment, anOrderCancelled({ orderId }))
  expect(await isKept(orderId)).toBe(true)
  const { published } = await react(database, authorizePayment, order)
  expect(await isKept(orderId)).toBe(false)
  await react(database, returnPayment, published[0]!)
  expect([await status(orderId), (await holdsOf(orderId)).length]).toEqual(['voided', 1])
})

test('a dead letter that was edited asks for nothing under the key of what was asked before', async () => {
  const { order, orderId } = await anOrder('pm_card_visa')
  const headers = { 'idempotency-key': `authorize:${orderId}` }
  const body = JSON.stringify({ ...total, token: 'pm_card_visa', reference: orderId })
  await fetch(`${gateway.url}/v1/authorizations`, { method: 'POST', headers, body })
  const edited = { ...order, data: { ...(order.data as object), total: { amount: 100, currency: 'GBP' } } }
  expect((await authorize(edited)).outcomes).toMatchObject([{ kind: 'failed', error: { name: 'Unrecoverable' } }])
  expect(await isKept(orderId)).toBe(true)
  await react(database, authorizePayment, order)
  expect(await holdsOf(orderId)).toMatchObject([{ amount: total.amount }])
})

test('once the answer is booked, nobody is asked again', async () => {
  const { order, orderId } = await anOrder('pm_card_visa')
  await react(database, authorizePayment, order)
  const url = process.env['PAYMENT_GATEWAY_URL']
  const again = await record(database, anOrderPlaced(order.data as ReturnType<typeof anOrderPlaced>['data']))
  await gateway.close()
  try {
    expect((await react(database, authorizePayment, again[0]!)).published).toEqual([])
  } finally {
    gateway = await startGateway({ port: Number(new URL(url!).port) })
  }
  expect(await status(orderId)).toBe('authorized')
})

test('an event of version 1 is paid with the token that was recorded in it', async () => {
  const { order, orderId } = await anOrderOfVersion1('pm_card_mastercard')
  expect(order.data).not.toHaveProperty('payment')
  await react(database, authorizePayment, order)
  expect(await status(orderId)).toBe('authorized')
  expect(await holdsOf(orderId)).toMatchObject([{ token: 'pm_card_mastercard' }])
})

test('an order whose token is gone is given up, and the gateway is not asked', async () => {
  const [order] = await record(database, anOrderPlaced({ total }))
  const { outcomes } = await authorize(order!)
  expect(outcomes).toMatchObject([
    { kind: 'failed', error: { name: 'Unrecoverable', message: expect.stringMatching(/^No payment token is kept/) } },
  ])
  expect(await holdsOf(order!.stream.replace('order-', ''))).toEqual([])
})

test('what the gateway says of a token that it does not know is told without it', async () => {
  const { order } = await anOrder('pm_card_nonsense')
  const { published } = await react(database, authorizePayment, order)
  expect(published).toMatchObject([{ data: { code: 'invalid_token', detail: "No such payment method: '…'" } }])
})
