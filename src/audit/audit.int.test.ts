import { createGateway } from '#domains/payment'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { archiveBefore, findReactions, loadProjections, loadReactions, rebuild, restoreArchive } from '#messaging'
import { receiveStock } from '#domains/inventory'
import { foldIntoRows } from '#domains/order'
import { exportCustomer } from '#domains/customer'
import { SHOP_RATES } from '#domains/pricing'
import { deleteOrders, planDeletion } from '#domains/retention'
import { shippingRoutes } from '#domains/shipping'
import { createWakeUp } from '#messaging'
import type { Transaction } from '#platform/database'
import { createLogger } from '#platform/log/logger'
import {
  deadline,
  endFirstPartition,
  project,
  requireTestService,
  testMailServer,
  testSystem,
  type TestMailServer,
  type TestSystem,
} from '#testing'
import { startGateway, type RunningGateway } from '../../sandbox/payment-gateway/server.ts'
import { catalogueOf, compareCauses } from '../catalogue/index.ts'
import { thisRelease } from '../cli/release.ts'
import { deletingOldOrders } from '../jobs/delete-old-orders.ts'
import { anOrder, MUG, TEA, testApi, type TestApi } from '../testing/api.ts'
import { uuidv7 } from '#platform/uuid'
import { Prisma } from '#prisma'
import { audit, isBroken, INVARIANTS } from './index.ts'
import { statementOf } from './invariant.ts'

let system: TestSystem
let api: TestApi
let gateway: RunningGateway
let mail: TestMailServer
type Kept =
  'delivered' | 'returned' | 'sentBack' | 'partly' | 'parcels' | 'shipped' | 'cancelled' | 'rejected' | 'declined'
const orders: Record<Kept, string> = {} as never

/** The whole shop in this process, and orders that have come to each of their ends. */
beforeAll(async () => {
  gateway = await startGateway({ port: 0 })
  mail = await testMailServer()
  Object.assign(process.env, {
    DATABASE_URL: requireTestService('TEST_DATABASE_URL'),
    RABBITMQ_URL: requireTestService('TEST_RABBITMQ_URL'),
    REDIS_URL: requireTestService('TEST_REDIS_URL'),
    SMTP_URL: mail.url,
    PAYMENT_GATEWAY_URL: gateway.url,
  })
  const reactions = await loadReactions(findReactions('workers'))
  system = await testSystem(reactions)
  const wakeUp = createWakeUp(system.pool)
  api = await testApi(system, shippingRoutes({ db: system.db, ...wakeUp }), { rates: SHOP_RATES })
  await receiveStock(system.db, [
    { sku: MUG.sku, quantity: 100 },
    { sku: TEA.sku, quantity: 5 },
  ])
  await system.stopReactions() // a shipped order is not cancelled any more
  orders.cancelled = await place()
  await answered(() => api.post(`/v1/orders/${orders.cancelled}/cancel`, { reason: 'changed my mind' }))
  orders.partly = await place()
  await answered(() => cancelOneMug('one is enough'))
  for (const reaction of reactions) await system.run(reaction)
  for (const name of ['delivered', 'returned', 'sentBack', 'shipped'] as const) orders[name] = await place()
  orders.parcels = await place({ fulfillment: 'manual' })
  orders.declined = await place({ payment: { token: 'pm_card_chargeDeclinedInsufficientFunds' } })
  orders.rejected = await place({ lines: [{ sku: TEA.sku, quantity: 6 }] })
  await system.settled()
  await shipOneMug(orders.parcels)
  await deliver(orders.delivered)
  await deliver(orders.returned)
  await deliver(orders.sentBack)
  await system.settled()
  await giveBackInParts(orders.delivered)
  await refund(orders.returned, { amount: { amount: 100, currency: 'GBP' } })
  await sendBack(orders.returned, { lines: [{ sku: MUG.sku, quantity: 1, restock: false }] }, 'one')
  await sendBack(orders.returned, {}, 'the rest')
  await refundBesideReturn()
  await system.settled()
  await deadline('all published, also what no reaction is on', async () => {
    const [relay] = await system.db.$queryRaw<[{ done: boolean }]>`
      SELECT (SELECT max(position) FROM relay_checkpoints) >= (SELECT max(position) FROM events) AS done`
    return relay.done
  })
  await project(system, ...(await loadProjections(findReactions('workers'))))
})
afterAll(async () => {
  await api?.close()
  await system?.close()
  await gateway.close()
  await mail.close()
})

async function place(given: object = {}): Promise<string> {
  const key = { 'idempotency-key': uuidv7() } // one that was stored, and answered with 503, is not stored again
  const { body } = await answered(() => api.place(anOrder(given), key))
  return body.id as string
}

/** Asked again while a busy machine answers that the database cannot be reached in time, as a client does. */
const answered = <Answer extends { status: number }>(ask: () => PromiseLike<Answer>): Promise<Answer> =>
  deadline('an answer', async () => {
    const answer = await ask()
    return answer.status !== 503 && answer
  })

const refund = (orderId: string, wanted: object, key?: string) =>
  api.http
    .post(`/v1/orders/${orderId}/refunds`)
    .set({ authorization: `Bearer ${api.key}`, ...(key && { 'idempotency-key': key }) })
    .send(wanted)

const cancelOneMug = (key: string) =>
  api.http
    .post(`/v1/orders/${orders.partly}/lines/cancel`)
    .set({ authorization: `Bearer ${api.key}`, 'idempotency-key': key })
    .send({ lines: [{ sku: MUG.sku, quantity: 1 }], reason: 'one is enough' })

const sendBack = (orderId: string, wanted: object, key: string) =>
  answered(() =>
    api.http
      .post(`/v1/orders/${orderId}/returns`)
      .set({ authorization: `Bearer ${api.key}`, 'idempotency-key': key })
      .send(wanted),
  )

/** A mug comes back while it is refunded as well, and once more each. */
async function refundBesideReturn() {
  const mug = { lines: [{ sku: MUG.sku, quantity: 1 }] }
  await Promise.all([
    sendBack(orders.sentBack, mug, 'mug'),
    answered(() => refund(orders.sentBack, mug, 'refund')),
    sendBack(orders.sentBack, mug, 'mug'),
  ])
}

const refunds: number[] = []

/** One mug of two, and then more at once than the other has cost. */
async function giveBackInParts(orderId: string) {
  const mug = { lines: [{ sku: MUG.sku, quantity: 1 }], reason: 'damaged' }
  const [first, again] = [await refund(orderId, mug, 'one-mug'), await refund(orderId, mug, 'one-mug')]
  expect(again.body).toEqual(first.body)
  const goodwill = { amount: { amount: 400, currency: 'GBP' }, reason: 'goodwill' }
  const wanted = Array.from({ length: 6 }, (_, nth) => answered(() => refund(orderId, goodwill, `goodwill-${nth}`)))
  const answers = await Promise.all(wanted)
  refunds.push(first.status, ...answers.map(({ status }) => status))
}

async function shipOneMug(orderId: string) {
  const { body } = await api.post(`/v1/orders/${orderId}/shipments`, { lines: [{ sku: MUG.sku, quantity: 1 }] })
  await api.post(`/v1/shipments/${body.trackingNumber}/delivered`)
}

async function deliver(orderId: string) {
  const shipment = await deadline('a parcel', () => system.db.shipment.findFirst({ where: { orderId } }))
  await api.post(`/v1/shipments/${shipment.trackingNumber}/delivered`)
}

class RollBack extends Error {}

/** What the audit finds after these statements; they are undone afterwards. */
async function afterPlanting(...statements: string[]) {
  let findings: Awaited<ReturnType<typeof audit>> = []
  const planting = system.db.$transaction(
    async (tx: Transaction) => {
      for (const statement of statements) await tx.$executeRawUnsafe(statement)
      findings = await audit(tx, { patienceMs: 0, gateway: createGateway(gateway.url) })
      throw new RollBack()
    },
    { timeout: 60_000 },
  )
  await expect(planting).rejects.toThrow(RollBack)
  return findings
}

test('a shop in which all is well breaks no invariant', async () => {
  const statuses = await system.db.order.groupBy({ by: ['status'], _count: true, orderBy: { status: 'asc' } })
  expect(statuses.map(({ status, _count }) => `${status} ${_count}`)).toEqual([
    'cancelled 1',
    'confirmed 1',
    'delivered 2',
    'rejected 2',
    'returned 1',
    'shipped 2',
  ])
  const findings = await audit(system.db, { patienceMs: 0, gateway: createGateway(gateway.url) })
  expect(findings.filter(({ count, skipped }) => count > 0 || skipped)).toEqual([])
})

test('an order gives its money back in parts, and never more than was taken', async () => {
  expect(refunds.toSorted((a, b) => a - b)).toEqual([202, 202, 202, 202, 409, 409, 409])
  const { body } = await api.get(`/v1/orders/${orders.delivered}/refunds`)
  expect(body).toMatchObject({
    refunds: [{ status: 'succeeded', amount: { amount: 1_250 }, lines: [{ sku: MUG.sku, quantity: 1 }] }, {}, {}, {}],
    refundable: { amount: 50, currency: 'GBP' },
  })
  for (const one of body.refunds) expect(one).toMatchObject({ status: 'succeeded', code: null })
  const { body: returned } = await api.get(`/v1/orders/${orders.returned}/refunds`)
  // The piece that came back before the rest has a refund of its own, unless the rest overtook it.
  expect(returned).toMatchObject({ refundable: { amount: 0 } })
  expect(returned.refunds[0]).toMatchObject({ status: 'succeeded', amount: { amount: 100 } })
  const late = await refund(orders.returned, {})
  const unpaid = await refund(orders.rejected, {})
  expect([late, unpaid].map(({ status, body }) => [status, body.code])).toEqual([
    [409, 'nothing-to-refund'],
    [409, 'nothing-to-refund'],
  ])
  expect((await refund(orders.delivered, { lines: [{ sku: MUG.sku, quantity: 2 }] })).status).toBe(422)
})

test('pieces come back one by one, and each is paid for once', async () => {
  const { body } = await api.get(`/v1/orders/${orders.returned}`)
  expect(body).toMatchObject({ status: 'returned', paymentStatus: 'refunded', lines: [{ quantity: 2, returned: 2 }] })
  const { body: list } = await api.get(`/v1/orders/${orders.returned}/returns`)
  expect(list).toEqual({ returns: body.returns })
  expect(list.returns).toMatchObject([{ lines: [{ restocked: false }] }, { lines: [{ restocked: true }] }])
  const { body: part } = await api.get(`/v1/orders/${orders.sentBack}`)
  expect(part).toMatchObject({
    status: 'delivered',
    fulfillmentStatus: 'partially_returned',
    lines: [{ quantity: 2, returned: 1 }],
  })
  // The refund came before the return, and was for that mug; or after it, and is for the other.
  const { body: money } = await api.get(`/v1/orders/${orders.sentBack}/refunds`)
  const mugs = money.refunds.map(({ lines }: { lines: { quantity: number }[] }) => lines[0]!.quantity)
  expect([[1], [1, 1]]).toContainEqual(mugs)
  expect(money.refundable.amount).toBe(2_500 - 1_250 * mugs.length)
  const tooMuch = await sendBack(orders.sentBack, { lines: [{ sku: MUG.sku, quantity: 2 }] }, 'two more')
  expect([tooMuch.status, tooMuch.body.code]).toEqual([422, 'quantity-too-large'])
})

test('an order of which a piece was cancelled before its money was held ships and pays the rest', async () => {
  const { body } = await api.get(`/v1/orders/${orders.partly}`)
  expect(body).toMatchObject({
    status: 'shipped',
    paymentStatus: 'partially_refunded',
    lines: [{ quantity: 2, cancelled: 1 }],
  })
  expect([body.total.amount, body.currentTotal.amount]).toEqual([2_500, 1_250])
  const { body: money } = await api.get(`/v1/orders/${orders.partly}/refunds`)
  expect(money).toMatchObject({
    refunds: [{ status: 'succeeded', amount: { amount: 1_250 } }],
    refundable: { amount: 1_250 },
  })
  const again = await cancelOneMug('one is enough')
  const more = await cancelOneMug('not even one')
  expect([again.status, more.status, more.body.code]).toEqual([200, 409, 'order-not-cancellable'])
  const tooMuch = await refund(orders.partly, { lines: [{ sku: MUG.sku, quantity: 2 }] })
  expect([tooMuch.status, tooMuch.body.code]).toEqual([422, 'quantity-too-large'])
})

test('what was published because of what is what reactions, routes and jobs declare', async () => {
  const { seen, undeclared } = await compareCauses(system.db, catalogueOf(await thisRelease()), 100_000)
  expect(undeclared).toEqual([])
  expect(seen).toContainEqual({ because: null, type: 'order.placed', times: 9 })
  expect(seen).toContainEqual({ because: 'order.placed', type: 'fraud.cleared', times: 9 })
})

/** One way to break each invariant, and a word of the sentence that tells of it. `$shipped` is the id of the shipped order. */
const BREACHES: [invariant: string, why: RegExp, ...statements: string[]][] = [
  [
    'order-placed-once',
    /published 2 times/,
    'ALTER TABLE events DISABLE TRIGGER USER',
    `INSERT INTO events SELECT nextval('events_position_seq'), gen_random_uuid(), type, version, stream, 900, data,
       correlation_id, causation_id, traceparent, occurred_at FROM events WHERE type = 'order.placed' AND stream = 'order-$shipped'`,
  ],
  [
    'position-is-unique',
    /2 events are at position \d+/,
    `INSERT INTO events SELECT position, 'ffffffff-ffff-4fff-bfff-ffffffffffff', type, version, stream, 900, data, correlation_id,
       causation_id, traceparent, occurred_at FROM events WHERE type = 'order.shipped' AND stream = 'order-$shipped'`,
  ],
  [
    'deleted-order-is-gone',
    /there are rows of it: loyalty_orders, order_history, order_lines, orders, payment_ledger, payments, reservations, shipments/,
    `INSERT INTO deleted_orders (order_id, client_id, test, status, placed_at, updated_at, action_id)
     SELECT id, client_id, test, status, placed_at, updated_at, gen_random_uuid() FROM orders WHERE id = '$shipped'`,
  ],
  ['order-placed-once', /no such order/, "DELETE FROM orders WHERE id = '$shipped'"],
  [
    'order-costs-its-lines',
    /Its total is 2500, its lines cost 2500, and its costs are/,
    `UPDATE orders SET costs = jsonb_set(costs, '{taxes,0,amount}', '418') WHERE id = '$shipped'`,
  ],
  ['order-costs-its-lines', /Its total is 1, its lines cost 2500/, "UPDATE orders SET total = 1 WHERE id = '$shipped'"],
  [
    'order-is-the-fold-of-its-stream',
    /Its status is delivered; version \d+ of its stream says shipped/,
    become('shipped', 'delivered'),
  ],
  [
    'order-is-the-fold-of-its-stream',
    /Its customer is not the one that version \d+ of its stream tells; the two are withheld/,
    `UPDATE orders SET sealed = NULL, customer = '{"name": "Eve", "email": "eve@example.com"}' WHERE id = '$shipped'`,
  ],
  [
    'order-is-the-fold-of-its-stream',
    /Its status is placed, but .*order.confirmed.*order.shipped made it shipped/,
    `UPDATE orders SET (status, version, stock, payment, fraud, capture, carrier, tracking_number, updated_at)
     = ('placed', 1, 'pending', 'pending', 'pending', 'pending', NULL, NULL, placed_at) WHERE id = '$shipped'`,
  ],
  [
    'order-is-the-fold-of-its-stream',
    /Its version is 99; version 99 of its stream says \d+/,
    "UPDATE orders SET version = 99 WHERE id = '$shipped'",
  ],
  [
    'order-moves-on',
    /shipping.create-shipment has not handled order.confirmed, which is retrying \(failed\) after 2 attempts: no vans/,
    become('shipped', 'confirmed'),
    ...forget('shipping.create-shipment', 'order.confirmed'),
    keep('shipping.create-shipment', 'order.confirmed', 'retrying', {
      reason: "'failed'",
      due_at: "now() + interval '1 minute'",
      error_message: "'no vans'",
    }),
  ],
  [
    'order-moves-on',
    /dead letter \S+ of payment.capture-payment holds it \(unrecoverable: no bank\)/,
    become('shipped', 'confirmed'),
    ...bury('payment.capture-payment', 'order.confirmed', 'no bank'),
  ],
  [
    'order-moves-on',
    /every reaction has handled its events, but fraud screening has not been answered/,
    "UPDATE orders SET status = 'placed', fraud = 'pending' WHERE id = '$shipped'",
  ],
  [
    'stream-is-dense',
    /It is at version \d+ and has \d+ events/,
    'ALTER TABLE events DISABLE TRIGGER USER',
    "DELETE FROM events WHERE stream = 'order-$shipped' AND stream_version = 3",
  ],
  [
    'event-is-published',
    /is not published; the relay stands at \d+/,
    'UPDATE relay_checkpoints SET position = position - 1',
  ],
  [
    'event-is-accounted-for',
    /inventory.reserve-stock has not handled order.placed/,
    'DELETE FROM reconcile_state',
    ...forget('inventory.reserve-stock', 'order.placed'),
  ],
  [
    'blocked-for-a-reason',
    /nothing before it is open/,
    ...forget('order.record-history', 'order.confirmed'),
    keep('order.record-history', 'order.confirmed', 'blocked'),
  ],
  [
    'cause-exists',
    /is not in the event store/,
    'ALTER TABLE events DISABLE TRIGGER USER',
    "UPDATE events SET causation_id = gen_random_uuid() WHERE type = 'order.shipped' AND stream = 'order-$shipped'",
  ],
  [
    'dead-letters-are-closed',
    /1 open \(unrecoverable\).*no bank/,
    ...bury('payment.capture-payment', 'order.confirmed', 'no bank'),
  ],
  [
    'retry-is-in-time',
    /was due at .* does a worker with it run/,
    ...forget('order.record-history', 'order.confirmed'),
    keep('order.record-history', 'order.confirmed', 'retrying', { due_at: "now() - interval '1 minute'" }),
  ],
  [
    'newer-release-is-there',
    /1 of order.confirmed .* wait for a release that knows them/,
    ...forget('order.record-history', 'order.confirmed'),
    keep('order.record-history', 'order.confirmed', 'retrying', {
      reason: "'unknown-type'",
      due_at: "now() - interval '1 minute'",
    }),
  ],
  [
    'one-answer-each',
    /has handled order.confirmed .* its delivery is dead/,
    keep('order.record-history', 'order.confirmed', 'dead'),
  ],
  [
    'stock-is-conserved',
    /is not 101 received/,
    'ALTER TABLE stock DROP CONSTRAINT stock_is_conserved',
    "UPDATE stock SET received = received + 1 WHERE sku = 'MUG-01'",
  ],
  [
    'stock-is-what-was-booked',
    /booked and reserved adds up to/,
    "UPDATE stock SET on_hand = on_hand - 1, reserved = reserved + 1 WHERE sku = 'MUG-01'",
  ],
  [
    'stock-booking-is-a-fact',
    /It is booked, and no event tells of it/,
    `INSERT INTO stock_receipts (id, lines, reason, actor) VALUES ('untold', '[]', 'found', 'client/test')`,
  ],
  [
    'stock-follows-its-order',
    /It is shipped, and its goods are released/,
    "UPDATE reservations SET status = 'released' WHERE order_id = '$shipped'",
  ],
  [
    'reservation-is-for-an-order',
    /"MUG-01": 3\} are set aside for it; it wants \{"MUG-01": 2/,
    `UPDATE reservations SET lines = '[{"sku": "MUG-01", "quantity": 3}]' WHERE order_id = '$shipped'`,
  ],
  [
    'cancelled-pieces-are-free',
    /\{"MUG-01": 1\} of it are cancelled; its stock knows of \{\}/,
    "UPDATE reservations SET apart = '{}' WHERE order_id = '$partly'",
  ],
  [
    'returned-pieces-were-shipped',
    /9 of MUG-01 came back, and 2 were shipped; it is delivered/,
    `UPDATE orders SET parts = jsonb_set(parts, '{returned,0,lines,0,quantity}', '9') WHERE id = '$sentBack'`,
  ],
  [
    'returned-pieces-are-in-stock',
    /\{"MUG-01 false": 1\} of it came back \(false: damaged\); its stock knows of \{"MUG-01 true": 1\}/,
    `UPDATE orders SET parts = jsonb_set(parts, '{returned,0,lines,0,restocked}', 'false') WHERE id = '$sentBack'`,
  ],
  [
    'parcels-hold-their-pieces',
    /Its parcels hold \{"MUG-01": 2\}; it knows of \{"MUG-01": 1\}/,
    `UPDATE parcels SET lines = '[{"sku": "MUG-01", "quantity": 2}]'`,
  ],
  ['one-parcel-per-shipped-order', /its parcel is not there/, "DELETE FROM shipments WHERE order_id = '$shipped'"],
  [
    'money-is-conserved',
    /2500 authorized, 5000 captured/,
    'ALTER TABLE payment_ledger DISABLE TRIGGER USER',
    "UPDATE payment_ledger SET held = -5000, taken = 5000 WHERE kind = 'captured' AND order_id = '$shipped'",
  ],
  [
    'payment-is-what-its-ledger-says',
    /Its payment is refunded over 2500; the ledger says 0 held and 2500 taken/,
    "UPDATE payments SET status = 'refunded' WHERE order_id = '$shipped'",
  ],
  ['payment-is-for-an-order', /it costs 1 GBP/, "UPDATE orders SET total = 1 WHERE id = '$shipped'"],
  [
    'money-follows-its-order',
    /It is shipped over 2500 GBP; 2500 are held and 0 taken/,
    'ALTER TABLE payment_ledger DISABLE TRIGGER USER',
    "DELETE FROM payment_ledger WHERE kind = 'captured' AND order_id = '$shipped'",
  ],
  [
    'refunds-add-up',
    /0 of 2500 have gone back and 100 are set aside; refunds gave back 0 \(booked: 0\) and want 0/,
    "UPDATE payments SET refunding = 100 WHERE order_id = '$shipped'",
  ],
  [
    'returned-pieces-are-refunded',
    /Pieces of it are returned \(\S+\), and there is no refund of them; 2500 can be refunded/,
    // As if a piece had come back that nobody was paid for.
    `UPDATE orders SET parts = '{"refunded": {}, "voided": false, "returned": [{"id": "0199a000-0000-7000-8000-0000000000f1",
       "lines": [{"sku": "MUG-01", "quantity": 1, "amount": 1250, "restocked": true}]}]}' WHERE id = '$shipped'`,
  ],
  [
    'cancelled-pieces-are-refunded',
    /there is no refund of them; 1250 can be refunded/,
    "DELETE FROM refunds WHERE order_id = '$partly'",
  ],
  [
    'payment-token-is-forgotten',
    /Its payment is captured, and its token is still kept/,
    "INSERT INTO payment_tokens VALUES ('$shipped', 'pm_card_visa', now())",
  ],
  [
    'one-mail-per-occasion',
    /2 mails tell of order.shipped/,
    `INSERT INTO sent_mails SELECT gen_random_uuid(), order_id, kind, subject, 'another', sent_at
     FROM sent_mails WHERE order_id = '$shipped' AND kind = 'order.shipped'`,
  ],
  [
    'handled-means-mailed',
    /no mail was sent/,
    "DELETE FROM sent_mails WHERE order_id = '$shipped' AND kind = 'order.shipped'",
  ],
  ['points-add-up', /its orders have earned/, 'UPDATE loyalty_accounts SET points = points + 1'],
  [
    'sales-add-up',
    /Counted are/,
    `UPDATE projection_analytics_sales.by_country SET confirmed = confirmed + 1
     WHERE (day, country) = (SELECT day, country FROM projection_analytics_sales.by_country LIMIT 1)`,
  ],
  [
    'projection-is-current',
    /It is failed since .*: no such thing/,
    "UPDATE projections SET state = 'failed', reason = 'no such thing' WHERE name = 'analytics.funnel'",
  ],
  [
    'customers-have-their-orders',
    /It is placed there; the order is shipped/,
    "UPDATE projection_lookup_customer_orders.orders SET status = 'placed' WHERE order_id = '$shipped'",
  ],
  [
    'search-knows-the-orders',
    /It is missing/,
    "DELETE FROM projection_lookup_order_search.documents WHERE order_id = '$shipped'",
  ],
  [
    'gateway-agrees',
    /The gateway has \d × \d+, the ledger \d × \d+/,
    'ALTER TABLE payment_ledger DISABLE TRIGGER USER',
    "DELETE FROM payment_ledger WHERE kind = 'captured' AND order_id = '$shipped'",
  ],
]

function become(order: 'shipped', status: string) {
  return `UPDATE orders SET status = '${status}' WHERE id = '$${order}'`
}

function forget(reaction: string, type: string) {
  return [
    `DELETE FROM handled_events USING events e WHERE e.id = event_id AND reaction = '${reaction}' AND e.type = '${type}' AND e.stream = 'order-$shipped'`,
  ]
}

/** As the core keeps it when the reaction did not simply handle the event. */
function keep(reaction: string, type: string, state: string, columns: Record<string, string> = {}) {
  const set = { state: `'${state}'`, reason: "'unrecoverable'", attempts: '2', error_name: "'Error'", ...columns }
  return `INSERT INTO deliveries (id, reaction, event_id, event_type, stream, stream_version, correlation_id, created_at, failed_at,
      ${Object.keys(set).join(', ')})
    SELECT gen_random_uuid(), '${reaction}', id, type, stream, stream_version, correlation_id, occurred_at, now(),
      ${Object.values(set).join(', ')} FROM events WHERE type = '${type}' AND stream = 'order-$shipped'`
}

function bury(reaction: string, type: string, message: string) {
  return [...forget(reaction, type), keep(reaction, type, 'dead', { error_message: `'${message}'` })]
}

test.each(BREACHES)('%s is broken: %s', async (name, why, ...statements) => {
  const planted = statements.map((statement) =>
    statement.replace(/\$(\w+)/g, (_, name: keyof typeof orders) => orders[name]),
  )
  const finding = (await afterPlanting(...planted)).find(({ invariant }) => invariant === name)!
  expect(finding).toMatchObject({ invariant: name, count: 1 })
  expect(isBroken(finding, true)).toBe(true)
  expect(finding.offenders[0]!.why).toMatch(why)
})

test('there is a breach for each invariant', () => {
  const tried = new Set(BREACHES.map(([name]) => name))
  const all = [...INVARIANTS.map(({ name }) => name), 'order-is-the-fold-of-its-stream', 'gateway-agrees']
  expect(all.filter((name) => !tried.has(name))).toEqual([])
})

test('open dead letters only warn, unless the audit is strict', async () => {
  const letter = bury('payment.capture-payment', 'order.confirmed', 'no bank')
  const planted = letter.map((statement) => statement.replaceAll('$shipped', orders.shipped))
  const broken = (await afterPlanting(...planted)).filter(({ count }) => count > 0)
  expect(broken.map((finding) => [finding.invariant, isBroken(finding), isBroken(finding, true)])).toEqual([
    ['dead-letters-are-closed', false, true],
  ])
})

test('a invariant is carried out whole, however few offenders are listed: nobody plans it for the first few', async () => {
  for (const invariant of INVARIANTS) {
    const plan = await system.db.$queryRaw<Record<string, string>[]>(
      Prisma.sql`EXPLAIN ${statementOf(invariant, { patienceMs: 0, list: 1 })}`,
    )
    expect(plan.flatMap((line) => Object.values(line)).join('\n')).toContain('CTE offenders')
  }
})

test('offenders are counted in full and listed in part', async () => {
  let finding: Awaited<ReturnType<typeof audit>>[number] | undefined
  const planting = system.db.$transaction(async (tx) => {
    await tx.$executeRaw`UPDATE orders SET total = total + 1`
    finding = (await audit(tx, { list: 2 })).find(({ invariant }) => invariant === 'order-costs-its-lines')
    throw new RollBack()
  })
  await expect(planting).rejects.toThrow(RollBack)
  expect(finding).toMatchObject({ count: 9 })
  expect(finding!.offenders).toHaveLength(2)
})

test('a gateway that does not answer is no breach, and says so', async () => {
  const findings = await audit(system.db, { gateway: createGateway('http://127.0.0.1:1') })
  expect(findings.at(-1)).toMatchObject({
    invariant: 'gateway-agrees',
    count: 0,
    skipped: expect.stringContaining('not answer'),
  })
})

test('what waits for a newer release after a roll back is told, and breaks nothing', async () => {
  const waiting = { reason: "'unknown-type'", due_at: "now() - interval '1 minute'" }
  const statements = [
    ...forget('order.record-history', 'order.confirmed'),
    keep('order.record-history', 'order.confirmed', 'retrying', waiting),
  ]
  const findings = await afterPlanting(
    ...statements.map((statement) => statement.replaceAll('$shipped', orders.shipped)),
  )
  const told = findings.filter(({ count }) => count > 0).map(({ invariant }) => invariant)
  expect(told).toEqual(['newer-release-is-there'])
})

const archiving = () => ({
  db: system.db,
  instance: 'test',
  openAmong: () => Promise.resolve([]),
  beforeGoing: (streams: readonly string[]) => foldIntoRows(system.db, streams),
})

async function isWell() {
  const findings = await audit(system.db, { patienceMs: 0, gateway: createGateway(gateway.url) })
  expect(findings.filter(({ count, skipped }) => count > 0 || skipped)).toEqual([])
}

test('a shop whose orders lie in an archive breaks no invariant, and tells where they lie', async () => {
  const { db } = system
  const folder = await mkdtemp(path.join(tmpdir(), 'fanfare-archive-'))
  const end = Date.now() + 1
  const order = `/v1/orders/${orders.shipped}`
  const before = {
    order: (await api.get(order)).body as object,
    story: (await api.get(`${order}/story`)).body as object,
  }
  await db.$executeRaw`
    INSERT INTO reconcile_state (reaction, watermark)
    SELECT reaction, (SELECT max(position) FROM events) FROM subscriptions GROUP BY reaction`
  await endFirstPartition(system, new Date(end))
  await deadline('the partition has ended', () => Date.now() > end)
  const options = archiving()
  const isTold = async () => {
    expect((await api.get(order)).body).toEqual(before.order)
    const place = path.join(folder, 'first')
    expect((await api.get(`${order}/story`)).body).toMatchObject({ events: [], archives: [{ name: 'first', place }] })
    expect((await api.get(`${order}?at=1`).expect(404)).body).toMatchObject({ code: 'order-archived' })
  }
  await db.$executeRaw`ALTER TABLE archives ADD CONSTRAINT cut_off CHECK (state <> 'archived')`
  await expect(archiveBefore({ ...options, before: new Date(), to: folder })).rejects.toThrow('cut_off')
  await isWell()
  await isTold()
  await db.$executeRaw`ALTER TABLE archives DROP CONSTRAINT cut_off`
  const [report] = await archiveBefore({ ...options, before: new Date(), to: folder })
  expect(report).toMatchObject({ name: 'first', outcome: 'archived', reasons: [] })
  expect(await db.event.count()).toBe(0)
  await isWell()
  await isTold()
  await restoreArchive({ db, instance: 'test', place: report!.place! })
  expect((await api.get(`${order}/story`)).body).toEqual(before.story)
  await isWell()
  await rm(folder, { recursive: true })
})

describe('old orders whose events lie in an archive', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'fanfare-archive-'))
    await place() // its events are not in it
    await system.settled()
    await project(system, ...(await loadProjections(findReactions('workers'))))
    await archiveBefore({ ...archiving(), before: new Date(), to: folder })
  })
  afterAll(() => rm(folder, { recursive: true }))

  const remove = () =>
    deleteOrders({
      db: system.db,
      instance: 'test',
      operator: 'tester',
      reason: 'kept for ten years',
      before: new Date(Date.now() + 60_000),
    })

  /** Whoever changes something of an order waits for the row of its stream. @returns what lets it go */
  async function holdStream(orderId: string) {
    const client = await system.pool.connect()
    await client.query('BEGIN')
    await client.query('SELECT FROM streams WHERE stream = $1 FOR UPDATE', [`order-${orderId}`])
    return async () => {
      await client.query('ROLLBACK')
      client.release()
    }
  }

  /** Those that wait for rows. */
  const waiting = (many: number) =>
    deadline(`${many} wait`, async () => {
      const rows = await system.db.$queryRaw<{ pid: number }[]>`
        SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`
      return rows.length >= many && rows.map(({ pid }) => pid)
    })

  const post = (orderId: string, what: string, body: object = {}) =>
    answered(() => api.post(`/v1/orders/${orderId}/${what}`, body)).then(({ status, body }) => [status, body.code])

  test('go all at once or not at all: a deletion that is killed has changed nothing', async () => {
    const plan = await planDeletion(system.db, new Date(Date.now() + 60_000))
    expect(plan).toMatchObject({ orders: 8, kept: { 'not-archived': 1, 'not-at-its-end': 1 } })
    const letGo = await holdStream(orders.returned)
    const deleting = remove().catch((error: Error) => error)
    const [pid] = await waiting(1)
    await system.db.$queryRaw`SELECT pg_terminate_backend(${pid}::int)`
    expect(await deleting).toBeInstanceOf(Error)
    await letGo()
    expect([await system.db.deletedOrder.count(), await system.db.carriedForward.count()]).toEqual([0, 0])
    await isWell()
  })

  test('go, but for one whose refund is asked for at the same moment; who comes later is told', async () => {
    const letGo = await holdStream(orders.delivered)
    const refunded = post(orders.delivered, 'refunds', { amount: { amount: 10, currency: 'GBP' } })
    await waiting(1)
    const deleting = remove()
    await waiting(2)
    const late = Promise.all([post(orders.partly, 'refunds'), post(orders.shipped, 'return')])
    await waiting(4)
    await letGo()
    expect(await refunded).toEqual([202, null])
    expect(await deleting).toMatchObject({ outcome: 'done', deleted: 7 })
    expect(await late).toEqual([
      [410, 'order-deleted'],
      [410, 'order-deleted'],
    ])
    await system.settled()
    expect((await planDeletion(system.db, new Date(Date.now() + 60_000))).kept).toEqual({
      'not-archived': 2,
      'not-at-its-end': 1,
    })
    await project(system, ...(await loadProjections(findReactions('workers'))))
    await isWell()
  })

  test('are told of: when and why they went, and where their events lie', async () => {
    const order = `/v1/orders/${orders.shipped}`
    for (const wanted of ['', '?at=1', '/history', '/refunds'])
      expect((await api.get(`${order}${wanted}`)).body).toMatchObject({ status: 410, code: 'order-deleted' })
    const deleted = { by: 'tester', why: 'kept for ten years' }
    const archives = [{ name: 'first', place: path.join(folder, 'first') }]
    expect((await api.get(`${order}/story`)).body).toMatchObject({ status: 'shipped', events: [], archives, deleted })
    const known = await exportCustomer(system.db, anOrder().customer.email)
    expect(known?.deletedOrders).toHaveLength(7)
    expect(known?.events).toContainEqual(expect.objectContaining({ orderId: orders.shipped, type: 'order.shipped' }))
  })

  test('stay deleted when their events are restored and read models rebuilt', async () => {
    const { db } = system
    await restoreArchive({ db, instance: 'test', place: path.join(folder, 'first') })
    await isWell()
    const [customers] = (await loadProjections(findReactions('workers'))).filter(
      ({ name }) => name === 'lookup.customer-orders',
    )
    const log = createLogger('test', 'silent')
    expect(await rebuild(customers!, { db, log, instance: 'test' })).toMatchObject({ outcome: 'swapped' })
    const known = () => db.$queryRaw<object[]>`SELECT FROM projection_lookup_customer_orders.orders`
    expect(await known()).toHaveLength(10)
    await isWell()
    expect(await deletingOldOrders({ db, instance: 'test' }).run()).toEqual({ swept: 7 })
    expect(await known()).toHaveLength(3)
    await isWell()
  })
})
