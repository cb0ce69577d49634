import { keepPayments, wrongPayments, moneyTotals, paymentOf } from '#domains/payment'
import { FraudCleared, RefundRequested, ReturnReceived, ShipmentDelivered, StockReserved } from '#events'
import type { NewEvent, RecordedEvent, Reaction } from '#messaging'
import {
  anOrderCancelled,
  anOrderConfirmed,
  anOrderExpired,
  anOrderPlaced,
  anOrderRejected,
  aReturnAccepted,
  aShipmentCreated,
  attempt,
  deadline,
  react,
  record,
  testDatabase,
  type TestDatabase,
} from '#testing'
import { openDatabase, type OpenDatabase, type Transaction } from '#platform/database'
import { uuidv7 } from '#platform/uuid'
import type { Response } from 'supertest'
import { startGateway, type RunningGateway } from '../../sandbox/payment-gateway/server.ts'
import { anOrder as aRequest, MUG, testApi, type TestApi } from '../../src/testing/api.ts'
import advanceOrder from '../order/advance-order.ts'
import authorizePayment from './authorize-payment.ts'
import capturePayment from './capture-payment.ts'
import refundPayment from './refund-payment.ts'
import returnPayment from './return-payment.ts'

let database: TestDatabase
let gateway: RunningGateway
beforeAll(async () => {
  database = await testDatabase()
  gateway = await startGateway({ port: 0, slowMs: 1_500 })
  // What this process would find in its environment.
  Object.assign(process.env, {
    PAYMENT_GATEWAY_URL: gateway.url,
    DATABASE_URL: database.url,
    RABBITMQ_URL: 'amqp://127.0.0.1:1',
    REDIS_URL: 'redis://127.0.0.1:1',
  })
})
afterAll(async () => {
  await gateway.close()
  await database.close()
})
afterEach(booksAgree)

const total = { amount: 2_500, currency: 'GBP' }

/** The order as its reactions get it, and the token that was stored with it. */
async function anOrder(token = 'pm_card_visa') {
  const order = anOrderPlaced({ total })
  await database.db.paymentToken.create({ data: { orderId: order.data.orderId, token, keptAt: new Date() } })
  return order
}

const status = async (orderId: string) => (await paymentOf(database.db, orderId)).status
const types = (events: readonly NewEvent[]) => events.map(({ type }) => type)

async function authorized(token?: string) {
  const order = await anOrder(token)
  const { published } = await react(database, authorizePayment, order)
  return { orderId: order.data.orderId, published }
}

async function captured() {
  const { orderId } = await authorized()
  await react(database, capturePayment, anOrderConfirmed({ orderId, total }))
  return { orderId }
}

/** Delivers the events until all are handled, as the broker would. */
async function reactAtLast(reaction: Reaction, ...events: RecordedEvent[]): Promise<RecordedEvent[]> {
  const published: RecordedEvent[] = []
  let waiting = events
  for (let round = 0; waiting.length > 0; round++) {
    const run = await attempt(database, reaction, ...waiting)
    published.push(...run.published)
    const open = waiting.filter((_, index) => run.outcomes[index]!.kind === 'failed')
    if (round === 20) throw new Error(`still failing: ${JSON.stringify(run.outcomes)}`)
    waiting = open
  }
  return published
}

const holdsOf = async (orderId: string) => {
  const response = await fetch(`${gateway.url}/v1/authorizations?reference=${orderId}`)
  return ((await response.json()) as { data: unknown[] }).data
}

/** Status against ledger, and ledger against the gateway's own sums. */
async function booksAgree() {
  expect(await wrongPayments(database.db)).toEqual([])
  const ours = (await moneyTotals(database.db))['GBP']
  const { GBP: theirs } = (await (await fetch(`${gateway.url}/v1/totals`)).json()) as Record<
    string,
    Record<string, { amount: number }>
  >
  for (const kind of ['authorized', 'captured', 'voided', 'refunded'] as const)
    expect([kind, ours?.[kind] ?? 0]).toEqual([kind, theirs?.[kind]?.amount ?? 0])
}

describe('authorize-payment', () => {
  test('holds the money of the order', async () => {
    const { orderId, published } = await authorized()
    expect(published).toMatchObject([{ type: 'payment.authorized', data: { orderId, amount: total } }])
    expect(await status(orderId)).toBe('authorized')
  })

  test.each([
    ['pm_card_chargeDeclined', 'generic_decline'],
    ['pm_card_chargeDeclinedInsufficientFunds', 'insufficient_funds'],
    ['pm_card_nonsense', 'invalid_token'],
  ])('%s is declined with a code', async (token, code) => {
    const { orderId, published } = await authorized(token)
    expect(published).toMatchObject([{ type: 'payment.declined', data: { code } }])
    expect(await status(orderId)).toBe('declined')
  })

  test('asks again after a failure, with the same key: the money is held once', async () => {
    const [order] = await record(database, await anOrder('pm_sandbox_flaky'))
    const first = await attempt(database, authorizePayment, order!)
    expect(first.outcomes).toMatchObject([{ kind: 'failed' }])
    expect(types(await reactAtLast(authorizePayment, order!))).toEqual(['payment.authorized'])
  })

  test('one failing gateway call does not keep the rest of the batch', async () => {
    const { published, outcomes } = await attempt(
      database,
      authorizePayment,
      await anOrder('pm_sandbox_flaky'),
      await anOrder(),
    )
    expect(outcomes.map(({ kind }) => kind)).toEqual(['failed', 'handled'])
    expect(types(published)).toEqual(['payment.authorized'])
  })

  test('two events that ask for the money of one order lead to one hold', async () => {
    const order = await anOrder()
    const { published } = await react(database, authorizePayment, order, anOrderPlaced(order.data))
    expect(types(published)).toEqual(['payment.authorized'])
    expect(await holdsOf(order.data.orderId)).toHaveLength(1)
  })

  test('an event that asks for other money under the key of the order is given up: no decline, no second hold', async () => {
    const order = await anOrder()
    await react(database, authorizePayment, order)
    const edited = anOrderPlaced({ ...order.data, total: { amount: 100, currency: 'GBP' } })
    const { published, outcomes } = await attempt(database, authorizePayment, edited)
    expect(outcomes).toMatchObject([{ kind: 'failed', error: { name: 'Unrecoverable' } }])
    expect(published).toEqual([])
    expect(await status(order.data.orderId)).toBe('authorized')
    expect(await holdsOf(order.data.orderId)).toHaveLength(1)
  })

  test('a payment method that the gateway did not know does not block the corrected one', async () => {
    const order = await anOrder()
    const body = JSON.stringify({ ...total, token: 'pm_card_viza', reference: order.data.orderId })
    const headers = { 'idempotency-key': `authorize:${order.data.orderId}` }
    const first = await fetch(`${gateway.url}/v1/authorizations`, { method: 'POST', headers, body })
    expect(first.status).toBe(400)
    expect(types((await react(database, authorizePayment, order)).published)).toEqual(['payment.authorized'])
  })

  test('while the gateway is at work on the order, whoever asks again waits: no decline, no second hold', async () => {
    const order = await anOrder('pm_sandbox_slow')
    const [first, second] = await record(database, order, anOrderPlaced(order.data))
    const both = await Promise.all([first!, second!].map((event) => attempt(database, authorizePayment, event)))
    const waiting = both.flatMap(({ outcomes }) => outcomes.filter(({ kind }) => kind === 'failed'))
    expect(waiting).toMatchObject([{ error: { name: 'RetryLater' } }])
    await reactAtLast(authorizePayment, first!, second!)
    expect(types(both.flatMap(({ published }) => published))).toEqual(['payment.authorized'])
    expect(await holdsOf(order.data.orderId)).toHaveLength(1)
  })

  test('a second publication of the order changes nothing', async () => {
    const [order] = await record(database, await anOrder())
    await react(database, authorizePayment, order!)
    expect((await react(database, authorizePayment, order!)).published).toEqual([])
  })
})

describe('capture-payment', () => {
  test('takes the held money when the order is confirmed', async () => {
    const { orderId } = await authorized()
    const { published } = await react(database, capturePayment, anOrderConfirmed({ orderId, total }))
    expect(published).toMatchObject([{ type: 'payment.captured', data: { orderId, amount: total } }])
    expect(await status(orderId)).toBe('captured')
  })

  test('says so when the money cannot be taken; closing the order then lets go of it', async () => {
    const { orderId } = await authorized('pm_sandbox_captureFail')
    const { published } = await react(database, capturePayment, anOrderConfirmed({ orderId, total }))
    expect(published).toMatchObject([{ type: 'payment.failed', data: { code: 'capture_failed' } }])
    const end = await react(database, returnPayment, anOrderCancelled({ orderId }))
    expect(types(end.published)).toEqual(['payment.voided'])
  })

  test('never asks for the money of a closed order', async () => {
    const { orderId } = await authorized()
    await react(database, returnPayment, anOrderCancelled({ orderId }))
    const { published } = await react(database, capturePayment, anOrderConfirmed({ orderId, total }))
    expect(published).toEqual([])
    expect(await status(orderId)).toBe('voided')
  })

  test('fails for an order whose money was never asked for', async () => {
    const { outcomes } = await attempt(database, capturePayment, anOrderConfirmed())
    expect(outcomes).toMatchObject([{ kind: 'failed' }])
  })
})

describe('return-payment', () => {
  test.each([anOrderRejected, anOrderCancelled, anOrderExpired])('lets go of held money, once', async (closing) => {
    const { orderId } = await authorized()
    const { published } = await react(database, returnPayment, closing({ orderId }), closing({ orderId }))
    expect(published).toMatchObject([{ type: 'payment.voided', data: { orderId, amount: total } }])
  })

  test.each([anOrderCancelled, aReturnAccepted])('refunds taken money, once', async (closing) => {
    const { orderId } = await captured()
    const [closed] = await record(database, closing({ orderId }))
    const { published } = await react(database, returnPayment, closed!, closed!)
    expect(published).toMatchObject([{ type: 'payment.refunded', data: { orderId, amount: total } }])
    expect((await react(database, returnPayment, closing({ orderId }))).published).toEqual([])
  })

  test('leaves the money of a living order alone', async () => {
    const { orderId, published } = await authorized()
    expect((await react(database, returnPayment, ...published)).published).toEqual([])
    expect(await status(orderId)).toBe('authorized')
  })

  test('lets go of money that is authorized after the end of the order', async () => {
    const order = await anOrder()
    const { orderId } = order.data
    expect((await react(database, returnPayment, anOrderCancelled({ orderId }))).published).toEqual([])
    const late = await react(database, authorizePayment, order)
    expect(types(late.published)).toEqual(['payment.authorized'])
    expect(types((await react(database, returnPayment, ...late.published)).published)).toEqual(['payment.voided'])
  })

  test('has nothing to give back after a decline', async () => {
    const { orderId } = await authorized('pm_card_chargeDeclined')
    expect((await react(database, returnPayment, anOrderRejected({ orderId }))).published).toEqual([])
  })
})

type Facts = ReturnType<Parameters<typeof keepPayments>[3]>['facts'][number][]

describe('refund-payment', () => {
  const money = (amount: number) => ({ ...total, amount })
  const isRequested = { kind: 'refund-requested', amount: total.amount } as const
  const book = (orderId: string, ...facts: Facts) =>
    database.db.$transaction((tx) => keepPayments(tx, [orderId], new Date(), () => ({ facts })))

  /** An order over two pieces of which one came back. */
  async function aReturn() {
    const { orderId } = await captured()
    const returnId = uuidv7()
    const { customer, shippingAddress } = anOrderPlaced().data
    const at = { placedAt: new Date(), updatedAt: new Date() }
    const one = { sku: 'MUG', quantity: 1, amount: 1_250, restocked: true }
    const parts = { refunded: {}, voided: false, returned: [{ id: returnId, lines: [one] }] }
    const row = { id: orderId, status: 'delivered', customer, shippingAddress, total: 2_500, currency: 'GBP', parts }
    const line = { line: 1, sku: 'MUG', name: 'Mug', quantity: 2, unitPrice: 1_250 }
    await database.db.order.create({ data: { ...row, ...at, lines: { create: [line] } } })
    const lines = [{ ...one, name: 'Mug' }]
    return { orderId, returnId, received: ReturnReceived({ orderId, customer, returnId, lines, amount: money(1_250) }) }
  }

  /** Somebody refunds at the provider, and it has not told of it yet. */
  async function refundElsewhere(orderId: string, amount: number) {
    const { authorizationId } = await paymentOf(database.db, orderId)
    const headers = { 'idempotency-key': `elsewhere:${orderId}` }
    const url = `${gateway.url}/v1/authorizations/${authorizationId}/refund`
    await fetch(url, { method: 'POST', headers, body: JSON.stringify({ amount }) })
  }

  test('pays for pieces that came back when the refund fails that was to pay for them', async () => {
    const { orderId, returnId } = await aReturn()
    const refundId = uuidv7()
    const refund = { id: refundId, orderId, amount: 2_500, currency: 'GBP', reason: 'other', shipping: false }
    const lines = [{ sku: 'MUG', quantity: 2, amount: 2_500 }]
    await database.db.refund.create({ data: { ...refund, lines, status: 'requested', requestedAt: new Date() } })
    await book(orderId, isRequested)
    await refundElsewhere(orderId, 1_000) // and 1500 are left
    const asked = RefundRequested({ orderId, refundId, amount: total, reason: 'other' })
    const { published: failed } = await react(database, refundPayment, asked)
    expect(failed).toMatchObject([{ type: 'refund.failed', data: { refundId } }])
    const { published } = await react(database, refundPayment, ...failed)
    expect(published).toMatchObject([{ type: 'refund.requested', data: { refundId: returnId, amount: money(1_250) } }])
    const paid = await react(database, refundPayment, ...published)
    expect(paid.published).toMatchObject([{ type: 'payment.refunded', data: { refundId: returnId } }])
    await book(orderId, { kind: 'refunded', amount: 1_000 })
    expect(await paymentOf(database.db, orderId)).toMatchObject({ refunded: 2_250, refunding: 0 })
  })

  test('what a return is owed and the gateway refuses is a dead letter; redriven, it is asked for again', async () => {
    const { orderId, returnId, received } = await aReturn()
    await refundElsewhere(orderId, 2_000) // and 500 are left
    const { published: asked } = await react(database, refundPayment, received)
    const { published: failed } = await react(database, refundPayment, ...asked)
    expect(failed).toMatchObject([{ type: 'refund.failed', data: { refundId: returnId, code: 'amount_too_large' } }])
    // Also where it is heard late, as behind many others: otherwise it would be asked for again and again, and nobody would know.
    const late = { ...failed[0]!, time: new Date(failed[0]!.time.getTime() - 3_600_000) }
    const { outcomes } = await attempt(database, refundPayment, late)
    expect(outcomes).toMatchObject([{ kind: 'failed', error: { name: 'Unrecoverable' } }])
    expect((outcomes[0] as { error: Error }).error.message).toMatch(/redriven, it is asked again: amount_too_large: "/)
    expect(await paymentOf(database.db, orderId)).toMatchObject({ refunded: 0, refunding: 0 })
    await book(orderId, { kind: 'refunded', amount: 2_000 })
    const { name: reaction } = refundPayment
    await database.db.deliveryHistory.create({
      data: { reaction, eventId: failed[0]!.id, what: 'dead', attempt: 1, instance: 'test' },
    })
    const { published: again } = await react(database, refundPayment, ...failed)
    expect(again).toMatchObject([{ type: 'refund.requested', data: { amount: money(500) } }])
    expect((again[0]!.data as { refundId: string }).refundId).not.toBe(returnId)
    expect(types((await react(database, refundPayment, ...again)).published)).toEqual(['payment.refunded'])
    expect(await paymentOf(database.db, orderId)).toMatchObject({ status: 'refunded', refunding: 0 })
  })
})

test('orders confirmed and cancelled at the same moment: no money is kept, whoever is faster', async () => {
  const placed = await record(database, ...(await Promise.all(Array.from({ length: 30 }, () => anOrder()))))
  await react(database, authorizePayment, ...placed)
  const ids = placed.map(({ data }) => (data as { orderId: string }).orderId)
  const confirmed = await record(database, ...ids.map((orderId) => anOrderConfirmed({ orderId, total })))
  const cancelled = await record(database, ...ids.map((orderId) => anOrderCancelled({ orderId })))
  const inTwo = (reaction: Reaction, events: RecordedEvent[]) =>
    [events.slice(0, 15), events.slice(15).reverse()].map((half) => reactAtLast(reaction, ...half))
  const published = await Promise.all([...inTwo(capturePayment, confirmed), ...inTwo(returnPayment, cancelled)])
  const ends = types(published.flat()).filter((type) => type !== 'payment.captured')
  expect(ends).toHaveLength(30)
  for (const orderId of ids) expect(['voided', 'refunded']).toContain(await status(orderId))
})

interface View {
  lines: { cancelled: number; returned: number }[]
}
interface RefundView {
  status: string
  amount: { amount: number }
  lines: { quantity: number }[]
}

describe('refunds beside cancellations and returns, by two processes of the API and two workers', () => {
  const PIECES = 12
  const names = ['api one', 'api two'] as const
  const apis: (OpenDatabase & { api: TestApi })[] = []
  let key: string
  beforeAll(async () => {
    for (const applicationName of names) {
      const own = openDatabase(database.url, { applicationName })
      const prepared = apis.length > 0
      apis.push({ ...own, api: await testApi({ ...own, url: database.url }, [], { prepared }) })
    }
    key = apis[0]!.api.key
  })
  afterAll(async () => {
    for (const { api, close } of apis) {
      await api.close()
      await close()
    }
  })

  /** Asked again under its key where the machine was too busy for it. */
  const accepted = (what: string, ask: (key: Record<string, string>) => PromiseLike<Response>) => {
    const once = { 'idempotency-key': uuidv7(), authorization: `Bearer ${key}` }
    return deadline(what, async () => {
      const response = await ask(once)
      return response.status < 500 ? response : undefined
    })
  }
  const post = (process: 0 | 1, orderId: string, path: string, body: object) =>
    accepted(path, (headers) => apis[process]!.api.http.post(`/v1/orders/${orderId}/${path}`).set(headers).send(body))
  const view = async (orderId: string) => (await apis[0]!.api.get(`/v1/orders/${orderId}`)).body as View
  const refundsOf = async (orderId: string) =>
    ((await apis[0]!.api.get(`/v1/orders/${orderId}/refunds`)).body as { refunds: RefundView[] }).refunds

  async function aPaidOrder() {
    const order = aRequest({ lines: [{ sku: MUG.sku, quantity: PIECES }] })
    const { body } = await accepted('an order', (headers) => apis[0]!.api.place(order, headers))
    const orderId = body.id as string
    const [placed] = await eventsOf(orderId)
    const { published: held } = await react(database, authorizePayment, placed!)
    const answers = [StockReserved({ orderId, lines: [] }), FraudCleared({ orderId, score: 0 }), ...held]
    const { published: confirmed } = await react(database, advanceOrder, ...answers)
    const { published: taken } = await react(database, capturePayment, ...confirmed)
    await react(database, advanceOrder, ...taken)
    return orderId
  }

  async function aDeliveredOrder() {
    const orderId = await aPaidOrder()
    const parcel = aShipmentCreated({ orderId })
    const { shipmentId } = parcel.data
    await react(database, advanceOrder, parcel, ShipmentDelivered({ orderId, shipmentId }))
    return orderId
  }

  it('an Idempotency-Key that is used for another refund after its 30 days is not answered with the first', async () => {
    const orderId = await aPaidOrder()
    const ask = async (body: object) => {
      await database.db.idempotencyKey.deleteMany({ where: { key: 'a refund' } }) // as it is after 30 days
      const headers = { 'idempotency-key': 'a refund', authorization: `Bearer ${key}` }
      return apis[0]!.api.http.post(`/v1/orders/${orderId}/refunds`).set(headers).send(body)
    }
    const first = { lines: [{ sku: MUG.sku, quantity: 2 }], reason: 'damaged' }
    expect((await ask(first)).status).toBe(202)
    expect((await ask(first)).status).toBe(202)
    for (const other of [{ ...first, lines: [{ sku: MUG.sku, quantity: 1 }] }, { ...first, reason: 'other' }, {}]) {
      const { status, body } = await ask(other)
      expect([status, body.code]).toEqual([422, 'idempotency-key-reused'])
    }
    expect(await refundsOf(orderId)).toHaveLength(1)
  })

  const eventsOf = async (orderId: string): Promise<RecordedEvent[]> =>
    (await database.db.event.findMany({ where: { correlationId: orderId }, orderBy: { position: 'asc' } })).map(
      (event) => ({ ...event, time: event.occurredAt }),
    )

  /** Where the two are held up until each of them waits, or has ended without coming there. */
  const GATES = {
    order: (tx: Transaction, id: string) => tx.$queryRaw`SELECT FROM orders WHERE id = ${id}::uuid FOR UPDATE`,
    payment: (tx: Transaction, id: string) =>
      tx.$queryRaw`SELECT FROM payments WHERE order_id = ${id}::uuid FOR UPDATE`,
    stream: (tx: Transaction, id: string) =>
      tx.$queryRaw`SELECT FROM streams WHERE stream = ${`order-${id}`} FOR UPDATE`,
  }

  async function interleaved<Answer>(
    gate: keyof typeof GATES,
    orderId: string,
    acts: readonly (() => Promise<Answer>)[],
  ) {
    const begun: { ended: boolean; answer: Promise<Answer> }[] = []
    await database.db.$transaction(async (tx) => {
      await GATES[gate](tx, orderId)
      for (const act of acts) {
        const one = { ended: false, answer: act() }
        begun.push(one)
        const end = () => void (one.ended = true)
        one.answer.then(end, end)
        const running = () => begun.filter(({ ended }) => !ended).length
        await deadline('it waits at the gate, or has ended', async () => (await waiting()) >= running())
      }
    })
    return Promise.all(begun.map(({ answer }) => answer))
  }

  async function waiting(): Promise<number> {
    const found = await database.db.$queryRaw<unknown[]>`
      SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
        AND application_name = ANY(${[...names]})`
    return found.length
  }

  /** All that the order owes, by two workers at once. */
  async function carryOut(orderId: string) {
    for (let round = 0; round < 20; round++) {
      const events = await eventsOf(orderId)
      const handled = await database.db.handledEvent.findMany({
        where: { eventId: { in: events.map(({ id }) => id) } },
      })
      const isHandled = (id: string, { name }: Reaction) =>
        handled.some(({ eventId, reaction }) => eventId === id && reaction === name)
      const due = [refundPayment, returnPayment].flatMap((reaction) =>
        events.flatMap((event) =>
          reaction.on.some(({ type }) => type === event.type) && !isHandled(event.id, reaction)
            ? [{ reaction, event }]
            : [],
        ),
      )
      if (due.length === 0) return
      const worker = (nth: 0 | 1) => async () => {
        const own = { ...apis[nth]!, url: database.url }
        for (const [index, { reaction, event }] of due.entries())
          if (index % 2 === nth) await attempt(own, reaction, event)
      }
      await interleaved('payment', orderId, [worker(0), worker(1)])
    }
    throw new Error('never carried out')
  }

  /** @param refunded pieces that refunds were asked for, and accepted */
  async function expectPaidOnce(orderId: string, refunded: number) {
    const { lines } = await view(orderId)
    const refunds = await refundsOf(orderId)
    const gone = lines[0]!.cancelled + lines[0]!.returned
    const paid = refunds.flatMap((one) => one.lines).reduce((sum, { quantity }) => sum + quantity, 0)
    expect(paid).toBeGreaterThanOrEqual(gone)
    expect(paid).toBeLessThanOrEqual(gone + refunded)
    const back = refunds.reduce((sum, { amount }) => sum + amount.amount, 0)
    expect([refunds.every(({ status }) => status === 'succeeded'), back]).toEqual([true, paid * MUG.price])
    expect(await paymentOf(database.db, orderId)).toMatchObject({ refunded: back, refunding: 0 })
  }

  test.each([
    ['lines/cancel', 'cancelled', aPaidOrder, [0, 1]],
    ['returns', 'returned', aDeliveredOrder, [1, 0]],
  ] as const)(
    '%s: each piece is paid for once, and never more than was taken',
    async (path, end, anOrderNow, turns) => {
      const orderId = await anOrderNow()
      const one = { lines: [{ sku: MUG.sku, quantity: 1 }] }
      const less = path === 'returns' ? one : { ...one, reason: 'too many' }
      let refunded = 0
      for (const gate of ['order', 'payment', 'stream'] as const) {
        const acts = [() => post(0, orderId, 'refunds', one), () => post(1, orderId, path, less)]
        const answers = await interleaved(
          gate,
          orderId,
          turns.map((turn) => acts[turn]!),
        )
        refunded += answers.filter(({ status }) => status === 202).length
        expect(answers.map(({ status }) => status).every((status) => status < 300)).toBe(true)
        await carryOut(orderId)
        await expectPaidOnce(orderId, refunded)
      }
      const rest = path === 'returns' ? {} : { lines: [{ sku: MUG.sku }], reason: 'none' }
      const acts = [() => post(0, orderId, 'refunds', {}), () => post(1, orderId, path, rest)]
      await interleaved(
        'payment',
        orderId,
        turns.map((turn) => acts[turn]!),
      )
      await carryOut(orderId)
      expect(await view(orderId)).toMatchObject({ status: end, paymentStatus: 'refunded' })
      const total = PIECES * MUG.price
      expect(await paymentOf(database.db, orderId)).toMatchObject({ status: 'refunded', refunded: total, refunding: 0 })
    },
  )
})

test('what is booked is not changed', async () => {
  await authorized()
  await expect(database.db.$executeRaw`DELETE FROM payment_ledger`).rejects.toThrow('append-only')
})
