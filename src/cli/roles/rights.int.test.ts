import { openDatabase, type OpenDatabase } from '#platform/database'
import { rebuild } from '#messaging'
import { createLogger } from '#platform/log/logger'
import { anOrderPlaced, project, react, record, testDatabase, type TestDatabase } from '#testing'
import reserveStock from '../../../workers/inventory/reserve-stock.ts'
import recordHistory from '../../../workers/order/record-history.ts'
import advanceOrder from '../../../workers/order/advance-order.ts'
import refundPayment from '../../../workers/payment/refund-payment.ts'
import sales from '../../../workers/analytics/sales.ts'
import { receiveStock } from '#domains/inventory'
import { keepPayments } from '#domains/payment'
import { audit } from '../../audit/index.ts'
import { takeNotice } from '../../domains/payment/outside/take-notice.ts'
import { anOrder, MUG, TEA, testApi } from '../../testing/api.ts'
import { createClient, issueKey } from '../../api/index.ts'
import { applyRights, tablesOf } from './apply.ts'
import { RIGHTS, ROLES } from './rights.ts'

let owner: TestDatabase
const opened: OpenDatabase[] = []
beforeAll(async () => {
  owner = await testDatabase()
  await applyRights(owner.db)
})
afterAll(async () => {
  for (const database of opened) await database.close()
  await owner.close()
})

/** The same database, with the rights of a role. */
function as(role: string): TestDatabase {
  const url = new URL(owner.url)
  url.searchParams.set('options', `-c role=${role}`)
  const database = openDatabase(url.href, { planning: 'by-key' })
  opened.push(database)
  return { ...database, url: url.href }
}

const SOME_COLUMN: Record<string, string> = {
  events: 'actor',
  payment_ledger: 'currency',
  operator_actions: 'reason',
  delivery_history: 'stack',
  order_history: 'text',
}

it('lists every table', async () => {
  expect((await tablesOf(owner.db)).filter((name) => !(name in RIGHTS))).toEqual([])
  expect(await applyRights(owner.db)).toMatchObject({ unlisted: [] })
})

describe.each([ROLES.worker, ROLES.api, ROLES.read])('as %s', (role) => {
  it.each(Object.keys(SOME_COLUMN))(
    'rows of %s are changed, deleted and truncated by nobody, for want of rights',
    async (table) => {
      const { pool } = as(role)
      for (const statement of [
        `UPDATE ${table} SET ${SOME_COLUMN[table]} = NULL`,
        `DELETE FROM ${table}`,
        `TRUNCATE ${table}`,
      ])
        await expect(pool.query(statement)).rejects.toMatchObject({ code: '42501' })
    },
  )

  it('partitions of events cannot be touched past their table, and triggers stay', async () => {
    const { pool } = as(role)
    for (const statement of [
      'DELETE FROM events_default',
      'ALTER TABLE events DISABLE TRIGGER ALL',
      'DROP TABLE events',
    ])
      await expect(pool.query(statement)).rejects.toMatchObject({ code: '42501' })
  })
})

it('readers see orders, and neither keys nor answers', async () => {
  const { pool } = as(ROLES.read)
  await pool.query('SELECT * FROM orders')
  await expect(pool.query('SELECT * FROM api_keys')).rejects.toMatchObject({ code: '42501' })
  await expect(pool.query('SELECT * FROM idempotency_keys')).rejects.toMatchObject({ code: '42501' })
  await expect(pool.query('INSERT INTO clients DEFAULT VALUES')).rejects.toMatchObject({ code: '42501' })
})

it('API and workers have what they need', async () => {
  await owner.db.$transaction((tx) => receiveStock(tx, [{ sku: MUG.sku, quantity: 10 }], 'test'))
  const prepared = await testApi(owner) // makes products and a key
  await prepared.close()
  const client = await createClient(owner.db, 'roles')
  const { key } = await issueKey(owner.db, client, { scopes: ['admin'] })
  const api = await testApi(as(ROLES.api), [], { prepared: true })
  const headers = { authorization: `Bearer ${key}`, 'idempotency-key': 'one' }
  const order = await api.place(anOrder(), headers)
  expect(order.status).toBe(202)
  const worker = as(ROLES.worker)
  const [placed] = await owner.db.event.findMany({ where: { correlationId: order.body.id } })
  const event = { ...placed!, time: placed!.occurredAt } as never
  for (const reaction of [reserveStock, recordHistory]) await react(worker, reaction, event)
  const [reserved] = await owner.db.event.findMany({ where: { type: 'stock.reserved' } })
  await react(worker, advanceOrder, { ...reserved!, time: reserved!.occurredAt })
  await record(worker, anOrderPlaced())
  await worker.pool.query('SELECT last_value FROM events_position_seq') // the relay, for its gaps
  const cancelled = await api.http
    .post(`/v1/orders/${order.body.id}/cancel`)
    .set({ ...headers, 'idempotency-key': 'two' })
    .send({ reason: 'x' })
  expect(cancelled.body.status).toBe('cancelled')
  await api.close()
})

it('a worker sets aside what cancelled pieces have cost, but for those that a refund has paid for', async () => {
  const client = await createClient(owner.db, 'pieces')
  const { key } = await issueKey(owner.db, client, { scopes: ['admin'] })
  const api = await testApi(as(ROLES.api), [], { prepared: true })
  const authorization = `Bearer ${key}`
  const lines = [
    { sku: MUG.sku, quantity: 2 },
    { sku: TEA.sku, quantity: 1 },
  ]
  const { id: orderId, total } = (await api.place(anOrder({ lines }), { authorization, 'idempotency-key': 'pieces' }))
    .body
  await owner.db.$transaction((tx) =>
    keepPayments(tx, [orderId], new Date(), () => ({
      facts: [{ kind: 'authorized', authorizationId: 'pi_pieces', amount: total }, { kind: 'captured' }],
    })),
  )
  const post = (path: string, body: object) =>
    api.http.post(`/v1/orders/${orderId}/${path}`).set({ authorization }).send(body)
  const tea = { sku: TEA.sku, quantity: 1 }
  expect((await post('refunds', { lines: [tea] })).status).toBe(202)
  expect((await post('lines/cancel', { lines: [tea], reason: 'x' })).status).toBe(200)
  expect((await post('lines/cancel', { lines: [{ sku: MUG.sku, quantity: 1 }], reason: 'x' })).status).toBe(200)
  const reduced = await owner.db.event.findMany({ where: { type: 'order.reduced' }, orderBy: { position: 'asc' } })
  const worker = as(ROLES.worker)
  for (const event of reduced) await react(worker, refundPayment, { ...event, time: event.occurredAt })
  const refunds = await owner.db.refund.findMany({ where: { orderId }, orderBy: { amount: 'asc' } })
  expect(refunds.map(({ amount }) => Number(amount))).toEqual([TEA.price, MUG.price])
  const findings = await audit(owner.db, { patienceMs: 0 })
  expect(findings.find(({ invariant }) => invariant === 'cancelled-pieces-are-refunded')).toMatchObject({ count: 0 })
  await api.close()
})

it('the API sets refunds aside, and books those that were made at the provider', async () => {
  const client = await createClient(owner.db, 'refunds')
  const { key } = await issueKey(owner.db, client, { scopes: ['admin'] })
  const { db, ...opened } = as(ROLES.api)
  const api = await testApi({ db, ...opened }, [], { prepared: true })
  const headers = { authorization: `Bearer ${key}`, 'idempotency-key': 'paid' }
  const { id: orderId, total } = (await api.place(anOrder(), headers)).body
  const authorizationId = 'pi_roles'
  await owner.db.$transaction((tx) =>
    keepPayments(tx, [orderId], new Date(), () => ({
      facts: [{ kind: 'authorized', authorizationId, amount: total }, { kind: 'captured' }],
    })),
  )
  const refund = await api.http
    .post(`/v1/orders/${orderId}/refunds`)
    .set({ authorization: headers.authorization })
    .send({ amount: { amount: 100, currency: 'GBP' } })
  expect([refund.status, refund.body.code]).toEqual([202, null])
  const amount = { amount: 200, currency: 'GBP' }
  const notice = { id: 'evt_roles', authorizationId, amount, about: 're_roles', detail: '', isOurs: false }
  expect(await takeNotice(db, { ...notice, kind: 'refunded' })).toBe('noted')
  await api.close()
})

it('the tables of a projection are those of workers, whoever rebuilds them; API and readers may read them', async () => {
  const worker = as(ROLES.worker)
  await project(worker, sales)
  const log = createLogger('test', 'silent')
  expect(await rebuild(sales, { db: owner.db, log, instance: 'operator' })).toMatchObject({ outcome: 'swapped' })
  await record(worker, anOrderPlaced())
  await project(worker, sales)
  for (const role of [ROLES.api, ROLES.read]) {
    const { pool } = as(role)
    expect((await pool.query('SELECT * FROM projection_analytics_sales.by_country')).rowCount).toBeGreaterThan(0)
    const change = pool.query('DELETE FROM projection_analytics_sales.by_country')
    await expect(change).rejects.toMatchObject({ code: '42501' })
  }
})

it('takes over the tables of projections that were made before there were roles', async () => {
  const { db, pool } = owner
  await pool.query('CREATE SCHEMA projection_of_before CREATE TABLE things (id int)')
  await applyRights(db)
  const worker = as(ROLES.worker)
  await worker.pool.query('INSERT INTO projection_of_before.things VALUES (1)')
  expect((await as(ROLES.api).pool.query('SELECT * FROM projection_of_before.things')).rowCount).toBe(1)
  await worker.pool.query('DROP SCHEMA projection_of_before CASCADE')
})
