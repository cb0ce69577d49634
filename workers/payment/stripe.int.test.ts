// A shop that is paid through Stripe: its reactions, its API and a stand-in of Stripe's. What Stripe tells of itself comes as signed events.
import { receiveStock } from '#domains/inventory'
import { chosen, paymentOf, providerRoutes } from '#domains/payment'
import { createWakeUp, findReactions, loadReactions, readStream } from '#messaging'
import { createLogger } from '#platform/log/logger'
import { uuidv7 } from '#platform/uuid'
import { deadline, requireTestService, testSystem, type TestSystem } from '#testing'
import { signedEvent, startStripe, type RunningStripe } from '../../sandbox/stripe/server.ts'
import type { StripeEvent } from '../../sandbox/stripe/events.ts'
import { audit, isBroken } from '../../src/audit/index.ts'
import { anOrder, MUG, testApi, type TestApi } from '../../src/testing/api.ts'

const SECRET = 'whsec_contract'
const PATH = '/v1/payment-providers/stripe/events'
/** Orders stay confirmed: nothing is shipped, and nobody is told. */
const WANTED = /^(payment|inventory|fraud)\.|^order\.advance-order$/

const before = { ...process.env }
let stripe: RunningStripe
let system: TestSystem
let api: TestApi
beforeAll(async () => {
  stripe = await startStripe()
  Object.assign(process.env, {
    DATABASE_URL: requireTestService('TEST_DATABASE_URL'),
    RABBITMQ_URL: requireTestService('TEST_RABBITMQ_URL'),
    REDIS_URL: requireTestService('TEST_REDIS_URL'),
    PAYMENT_PROVIDER: 'stripe',
    STRIPE_SECRET_KEY: 'sk_test_flow',
    STRIPE_WEBHOOK_SECRET: `whsec_older,${SECRET}`,
    STRIPE_API_URL: stripe.url,
  })
  const reactions = await loadReactions(findReactions('workers').filter(({ name }) => WANTED.test(name)))
  system = await testSystem(reactions)
  const log = createLogger('test', 'silent')
  api = await testApi(system, providerRoutes({ db: system.db, log, ...createWakeUp(system.pool) }))
  await receiveStock(system.db, [{ sku: MUG.sku, quantity: 100 }])
})
afterAll(async () => {
  await api.close()
  await system.close()
  await stripe.close()
  process.env = before
})
const paymentIs = (orderId: string, status: string) =>
  deadline(`the money is ${status}`, async () => {
    const payment = await paymentOf(system.db, orderId)
    return payment.status === status && payment
  })

async function captured() {
  const { body } = await api.place(anOrder()).expect(202)
  const orderId = body.id as string
  return { orderId, payment: (await paymentIs(orderId, 'captured')) as { authorizationId: string } }
}

const refund = (orderId: string, amount: number) =>
  api.post(`/v1/orders/${orderId}/refunds`, { amount: { amount, currency: 'GBP' } })

const refundsOf = async (orderId: string) => (await api.get(`/v1/orders/${orderId}/refunds`)).body

const tell = (event: StripeEvent, secret = SECRET, at?: number) => {
  const { body, headers } = signedEvent(event, secret, at)
  return api.http.post(PATH).set(headers).send(body)
}
const latest = () => stripe.events.at(-1)!
const story = async (orderId: string) => (await readStream(system.db, `order-${orderId}`)).map(({ type }) => type)

const anEvent = (given: Partial<StripeEvent> = {}): StripeEvent => ({
  id: 'evt_door',
  object: 'event',
  type: 'customer.created',
  created: 1,
  api_version: '',
  livemode: false,
  request: { id: null, idempotency_key: null },
  data: { object: {} },
  ...given,
})

test('an order is paid, refunded in parts, and the rest goes back when it is cancelled', async () => {
  const { orderId, payment } = await captured()
  const intent = stripe.intents.get(payment.authorizationId)!
  expect(intent).toMatchObject({ status: 'succeeded', amount: 2_500, currency: 'gbp', metadata: { order: orderId } })
  await refund(orderId, 700).expect(202)
  await deadline('it is refunded', async () => (await paymentOf(system.db, orderId)).refunded === 700)
  expect(intent.latest_charge).toMatchObject({ amount_refunded: 700 })
  await api.post(`/v1/orders/${orderId}/cancel`, { reason: 'changed my mind' }).expect(200)
  await paymentIs(orderId, 'refunded')
  expect(intent.latest_charge).toMatchObject({ amount_refunded: 2_500, refunded: true })
  expect(stripe.refunds).toHaveLength(2)
  for (const event of stripe.events) await tell(event).expect(204) // Stripe tells of what we did as well
  expect(await paymentOf(system.db, orderId)).toMatchObject({ refunded: 2_500 })
  const books = (data: { status: string; code: string | null }) =>
    system.db.refund.updateMany({ where: { orderId }, data })
  await books({ status: 'failed', code: 'lost_card' })
  await tell(anEvent({ id: 'evt_failed', type: 'refund.failed', data: { object: { ...stripe.refunds[0]! } } })).expect(
    204,
  )
  expect(await story(orderId)).not.toContain('payment.deviated')
  await books({ status: 'succeeded', code: null })
})

test.each([
  ['pm_card_authenticationRequired', 'authentication_required'],
  ['pm_card_chargeDeclinedInsufficientFunds', 'insufficient_funds'],
])('an order with %s is rejected', async (token, code) => {
  const { body } = await api.place(anOrder({ payment: { token } })).expect(202)
  const orderId = body.id as string
  await paymentIs(orderId, 'declined')
  await deadline('it is rejected', async () => (await api.get(`/v1/orders/${orderId}`)).body.status === 'rejected')
  const declined = (await readStream(system.db, `order-${orderId}`)).find(({ type }) => type === 'payment.declined')
  expect(declined!.data).toMatchObject({ code })
})

test('a refund made in the dashboard becomes a refund of the order, once', async () => {
  const { orderId, payment } = await captured()
  stripe.outside.refund(payment.authorizationId, 900)
  const event = latest()
  await Promise.all([1, 2, 3].map(() => tell(event).expect(204)))
  await tell(event).expect(204)
  expect(await paymentOf(system.db, orderId)).toMatchObject({ status: 'captured', refunded: 900, refunding: 0 })
  expect(await refundsOf(orderId)).toMatchObject({
    refunds: [{ status: 'succeeded', amount: { amount: 900 } }],
    refundable: { amount: 1_600 },
  })
  await refund(orderId, 1_601).expect(409)
  await refund(orderId, 1_600).expect(202)
  await paymentIs(orderId, 'refunded')
  expect((await story(orderId)).filter((type) => type === 'payment.refunded')).toHaveLength(2)
})

test('what Stripe tells in two events counts once', async () => {
  const { orderId, payment } = await captured()
  const again = () => tell({ ...latest(), id: `${latest().id}_again` }).expect(204)
  stripe.outside.refund(payment.authorizationId, 900)
  await tell(latest()).expect(204)
  await again()
  stripe.outside.dispute(payment.authorizationId)
  await tell(latest()).expect(204)
  await again()
  stripe.outside.refund(payment.authorizationId, 1_600)
  await tell(latest()).expect(204)
  await again()
  expect(await paymentOf(system.db, orderId)).toMatchObject({ status: 'refunded', refunded: 2_500, refunding: 0 })
  const told = (await story(orderId)).filter((type) => /^payment\.(refunded|deviated)$/.test(type))
  expect(told).toEqual(['payment.refunded', 'payment.deviated', 'payment.refunded'])
})

test('what the books have no room for is told in the story, once, and changes nothing', async () => {
  const { orderId, payment } = await captured()
  stripe.outside.dispute(payment.authorizationId)
  for (let attempt = 0; attempt < 2; attempt++) await tell(latest()).expect(204)
  stripe.outside.refund(payment.authorizationId, 500)
  const real = latest()
  const other = { ...real.data.object, id: 're_too_much', amount: 2_600 }
  const tooMuch = { ...real, id: 'evt_too_much', data: { object: other } }
  await tell(tooMuch).expect(204)
  await tell(real).expect(204)
  stripe.outside.failRefund(stripe.refunds.at(-1)!.id)
  await tell(latest()).expect(204)
  const deviations = (await readStream(system.db, `order-${orderId}`)).filter(({ type }) => type === 'payment.deviated')
  expect(deviations.map(({ data }) => data)).toMatchObject([
    { kind: 'dispute-opened', amount: { amount: 2_500, currency: 'GBP' } },
    { kind: 'refunded', amount: { amount: 2_600 }, providerEventId: 'evt_too_much' },
    { kind: 'refund-failed', amount: { amount: 500 } },
  ])
  expect(await paymentOf(system.db, orderId)).toMatchObject({ refunded: 500 })
})

test('a refund of money whose capture is not booked yet is to be sent again', async () => {
  const orderId = uuidv7()
  const hold = { status: 'authorized', authorizationId: 'pi_early', amount: 2_500n, currency: 'GBP' }
  await system.db.payment.create({ data: { orderId, ...hold, updatedAt: new Date() } })
  const refunded = { id: 're_1', amount: 900, currency: 'gbp', payment_intent: 'pi_early', metadata: {} }
  const early = anEvent({ id: 'evt_early', type: 'refund.created', data: { object: refunded } })
  const answer = await tell(early)
  expect([answer.status, answer.body.code]).toEqual([503, 'not-yet'])
  expect(await system.db.providerEvent.findUnique({ where: { id: 'evt_early' } })).toBeNull()
  await system.db.payment.delete({ where: { orderId } })
})

test.each(['refund.created', 'payment_intent.canceled', 'charge.dispute.created'])(
  '%s of a hold whose answer is not booked yet is to be sent again',
  async (type) => {
    const order = { orderId: uuidv7(), token: 'pm_card_visa', keptAt: new Date() }
    const about = { id: 'pi_unbooked', amount: 900, currency: 'gbp', payment_intent: 'pi_unbooked', metadata: {} }
    const early = anEvent({ id: 'evt_unbooked', type, data: { object: about } })
    await system.db.paymentToken.create({ data: { ...order, prepared: 'pi_unbooked' } })
    const answer = await tell(early)
    expect([answer.status, answer.body.code]).toEqual([503, 'not-yet'])
    await system.db.paymentToken.delete({ where: { orderId: order.orderId } })
    await tell(early).expect(204) // nobody waits for it any more
  },
)

test('after all of it the audit is clean, and Stripe holds nothing for an unknown order', async () => {
  await system.settled()
  const findings = await audit(system.db, { gateway: chosen() })
  expect(findings.filter((finding) => isBroken(finding))).toEqual([])
  const asked = findings.find(({ invariant }) => invariant === 'gateway-money-is-for-an-order')
  expect(asked).toMatchObject({ count: 0 })
  expect(asked).not.toHaveProperty('skipped')
})

describe('at the door', () => {
  test('other events, and those of other orders, are answered and of no concern', async () => {
    await tell(anEvent()).expect(204)
    const intent = { id: 'pi_somebody', amount: 1, currency: 'gbp', cancellation_reason: 'automatic' }
    await tell(anEvent({ type: 'payment_intent.canceled', data: { object: intent } })).expect(204)
  })

  test.each<[string, () => ReturnType<typeof tell>]>([
    ['of another secret', () => tell(anEvent(), 'whsec_other')],
    ['of ten minutes ago', () => tell(anEvent(), SECRET, Math.floor(Date.now() / 1_000) - 600)],
    ['over other bytes', () => api.http.post(PATH).set(signedEvent(anEvent(), SECRET).headers).send('{ }')],
    ['that is none', () => api.http.post(PATH).set('stripe-signature', 'v1').send('{}')],
    ['that is missing', () => api.http.post(PATH).send('{}')],
    ['over nothing', () => api.http.post(PATH).set('stripe-signature', 't=1,v1=00')],
  ])('a signature %s is refused', async (_case, send) => {
    const answer = await send()
    expect([answer.status, answer.body.code]).toEqual([400, 'wrong-signature'])
  })

  test('nothing is expected where no secret is set', async () => {
    process.env['STRIPE_WEBHOOK_SECRET'] = ''
    await tell(anEvent()).expect(404)
    process.env['STRIPE_WEBHOOK_SECRET'] = SECRET
  })
})
