// Endpoints by the API, and deliveries to receivers on this machine. The relay is played by whoever moves its checkpoint.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Webhook } from 'standardwebhooks'
import type { Scope } from '#http'
import { createLogger } from '#platform/log/logger'
import {
  anOrderConfirmed,
  deadline,
  endFirstPartition,
  testDatabase,
  webhookReceiver,
  type TestDatabase,
  type WebhookReceiver,
} from '#testing'
import { append, archiveBefore } from '#messaging'
import { createClient, issueKey } from '../../api/index.ts'
import { anOrder, testApi, type TestApi } from '../../testing/api.ts'
import { runWebhooks, type RunningWebhooks } from './deliver/run.ts'
import { createEndpoint, listEndpoints } from './endpoints.ts'
import { eventsNeeded } from './deliveries/events-needed.ts'
import { pruneDeliveries } from './deliveries/prune.ts'
import { redeliverRange } from './deliveries/redeliver.ts'
import { webhookRoutes } from './routes.ts'

const SETTINGS = { targets: 'any', retryDelays: [20, 20, 20], disableAfterMs: 3_600_000, timeoutMs: 10_000 } as const

let database: TestDatabase
let api: TestApi
let running: RunningWebhooks
let opened: WebhookReceiver[]
beforeAll(async () => {
  process.env['WEBHOOK_TARGETS'] = 'any'
  database = await testDatabase()
  await database.db
    .$executeRaw`INSERT INTO relay_checkpoints (name, position) VALUES ('relay', 0) ON CONFLICT DO NOTHING`
  api = await testApi(database, webhookRoutes(database))
  running = runWebhooks({ ...database, log: createLogger('test', 'silent'), settings: SETTINGS, lookMs: 20 })
  opened = []
})
afterAll(async () => {
  await Promise.all(opened.map(({ down }) => down()))
  await running.stop()
  await api.close()
  await database.close()
})

async function receiver() {
  const one = await webhookReceiver()
  opened.push(one)
  return one
}

const publish = () =>
  database.db.$executeRaw`UPDATE relay_checkpoints SET position = (SELECT max(position) FROM events)`

/** Everything that was published has become deliveries, of those that were enabled then. */
const queued = () =>
  deadline('everything is queued', async () => {
    const [row] = await database.db.$queryRaw<[{ done: boolean }]>`
      SELECT position >= (SELECT max(position) FROM relay_checkpoints) AS done FROM webhook_cursor`
    return row.done
  })

let clients = 0
/** A client of its own, so that tests do not hear of each other's orders. */
async function aClient(scopes: readonly Scope[] = ['orders:read', 'orders:write', 'webhooks']) {
  const client = await createClient(database.db, `shop-${++clients}`)
  const { key } = await issueKey(database.db, client, { scopes })
  const send = (method: 'get' | 'post' | 'patch' | 'delete', path: string, body?: object) =>
    api.http[method](path)
      .set({ authorization: `Bearer ${key}` })
      .send(body)
  return {
    send,
    async endpoint(url: string, given: object = {}) {
      const { status, body } = await send('post', '/v1/webhooks', { url, eventTypes: ['order.placed'], ...given })
      expect([status, body.code]).toEqual([201, undefined])
      return body as { id: string; secret: string }
    },
    async order(): Promise<string> {
      const { body } = await send('post', '/v1/orders', anOrder())
      await publish()
      return body.id
    },
    async confirm(orderId: string) {
      await database.db.$transaction((tx) =>
        append(tx, [{ event: anOrderConfirmed({ orderId }), correlationId: orderId }]),
      )
      await publish()
    },
  }
}

const arrived = ({ received }: WebhookReceiver, count: number) =>
  deadline(`${count} webhooks`, () => received.length >= count && received)

it('an order is told of, signed, without names and without the token of its payment', async () => {
  const [shop, hook] = [await aClient(), await receiver()]
  const { secret } = await shop.endpoint(`${hook.url}/hooks`)
  const orderId = await shop.order()
  const [webhook] = await arrived(hook, 1)
  const verified = new Webhook(secret).verify(webhook!.body, webhook!.headers as never)
  expect(verified).toMatchObject({
    type: 'order.placed',
    orderId,
    sequence: 1,
    test: false,
    timestamp: expect.any(String),
  })
  expect(webhook!.event.id).toBe(webhook!.headers['webhook-id'])
  expect(webhook!.event.data).toMatchObject({ customer: { name: '-' }, total: { amount: 2_500, currency: 'GBP' } })
  expect(webhook!.body).not.toMatch(/Ada|ada@|St James|pm_card|sealed/)
  expect(() => new Webhook(secret).verify(`${webhook!.body} `, webhook!.headers as never)).toThrow(
    'No matching signature found',
  )
})

it('names and addresses are sent to who asks for them and may see them', async () => {
  const [shop, hook] = [await aClient(), await receiver()]
  await shop.endpoint(hook.url, { personalData: true })
  await shop.order()
  const [webhook] = await arrived(hook, 1)
  expect(webhook!.event.data).toMatchObject({ customer: { name: 'Ada Lovelace', email: 'ada@example.com' } })
  expect(webhook!.body).not.toContain('pm_card')
  const blind = await aClient(['webhooks'])
  const { status, body } = await blind.send('post', '/v1/webhooks', { url: hook.url, personalData: true })
  expect([status, body.code]).toEqual([403, 'missing-scope'])
})

it("another client's endpoint is not there, and hears of nothing", async () => {
  const [shop, rival, hook] = [await aClient(), await aClient(), await receiver()]
  const { id } = await shop.endpoint(hook.url)
  const event = '0199a000-0000-7000-8000-000000000001'
  const asked = [
    await rival.send('get', `/v1/webhooks/${id}`),
    await rival.send('patch', `/v1/webhooks/${id}`, { url: 'http://127.0.0.1:1/' }),
    await rival.send('delete', `/v1/webhooks/${id}`),
    await rival.send('post', `/v1/webhooks/${id}/rotate-secret`, { overlapHours: 0 }),
    await rival.send('post', `/v1/webhooks/${id}/redeliver`, { since: '2020-01-01T00:00:00Z' }),
    await rival.send('get', `/v1/webhooks/${id}/deliveries`),
    await rival.send('get', `/v1/webhooks/${id}/deliveries/${event}`),
    await rival.send('post', `/v1/webhooks/${id}/deliveries/${event}/redeliver`),
  ]
  expect(asked.map(({ status, body }) => [status, body.code])).toEqual(asked.map(() => [404, 'webhook-not-found']))
  expect((await rival.send('get', '/v1/webhooks')).body).toEqual({ webhooks: [] })
  await rival.order()
  const own = await shop.order()
  const [webhook] = await arrived(hook, 1)
  expect(webhook!.event.orderId).toBe(own)
  const reader = await aClient(['orders:read'])
  expect((await reader.send('get', '/v1/webhooks')).status).toBe(403)
  expect((await shop.send('get', '/v1/admin/webhooks')).status).toBe(403)
})

it('after a rotation both secrets sign, and no list shows one', async () => {
  const [shop, hook] = [await aClient(), await receiver()]
  const { id, secret } = await shop.endpoint(hook.url)
  const { body: rotated } = await shop.send('post', `/v1/webhooks/${id}/rotate-secret`, { overlapHours: 1 })
  await shop.order()
  const [webhook] = await arrived(hook, 1)
  expect(String(webhook!.headers['webhook-signature']).split(' ')).toHaveLength(2)
  for (const one of [secret, rotated.secret])
    expect(new Webhook(one as string).verify(webhook!.body, webhook!.headers as never)).toMatchObject({
      type: 'order.placed',
    })
  const { body: told } = await shop.send('get', `/v1/webhooks/${id}`)
  expect(JSON.stringify(told)).not.toMatch(/whsec_|salt/)
  const stored = await database.db.webhookEndpoint.findUniqueOrThrow({ where: { id } })
  expect(JSON.stringify(stored)).not.toContain(secret.slice('whsec_'.length))
})

it('an endpoint that does not answer delays nobody else', async () => {
  const [shop, dead, well] = [await aClient(), await receiver(), await receiver()]
  dead.answers = () => 'silence'
  const { id } = await shop.endpoint(dead.url)
  await shop.endpoint(well.url)
  await shop.order()
  await arrived(dead, 1) // and has it in hand from now on
  for (const nth of [1, 2, 3]) {
    await arrived(well, nth)
    await shop.order()
  }
  dead.answers = () => 204
  await shop.send('delete', `/v1/webhooks/${id}`)
})

it('410 disables an endpoint, and enabled again it gets what waits for it', async () => {
  const [shop, hook] = [await aClient(), await receiver()]
  hook.answers = () => 410
  const { id } = await shop.endpoint(hook.url)
  await shop.order()
  const gone = await deadline('it is disabled', async () => {
    const { body } = await shop.send('get', `/v1/webhooks/${id}`)
    return body.enabled === false && body
  })
  expect(gone).toMatchObject({ disabledBecause: 'gone', lastError: 'answered 410', waiting: 1 })
  const trouble = await listEndpoints(database.db, { inTrouble: true })
  expect(trouble).toContainEqual(expect.objectContaining({ id, disabledBecause: 'gone' }))
  const missed = await shop.order()
  await queued()
  hook.answers = () => 204
  await shop.send('patch', `/v1/webhooks/${id}`, { enabled: true })
  await deadline('what waited', async () => (await shop.send('get', `/v1/webhooks/${id}`)).body.waiting === 0)
  const { body } = await shop.send('post', `/v1/webhooks/${id}/redeliver`, { since: '2020-01-01T00:00:00Z' })
  expect(body).toEqual({ due: 1, continueFrom: null }) // what happened while it was disabled
  await deadline('what was missed', () => hook.received.some(({ event }) => event.orderId === missed))
})

it('one event, or all of a time, is sent again under the same webhook-id', async () => {
  const [shop, hook] = [await aClient(), await receiver()]
  const { id } = await shop.endpoint(hook.url)
  await shop.order()
  const eventId = (await arrived(hook, 1))[0]!.event.id
  const path = `/v1/webhooks/${id}/deliveries/${eventId}`
  await deadline('its answer is noted', async () => (await shop.send('get', path)).body.state === 'delivered')
  expect((await shop.send('post', `${path}/redeliver`)).status).toBe(202)
  await arrived(hook, 2)
  await deadline('that answer as well', async () => (await shop.send('get', path)).body.log.length === 2)
  const since = '2020-01-01T00:00:00Z'
  const again = await shop.send('post', `/v1/webhooks/${id}/redeliver`, { since, include: 'all' })
  expect(again.body).toEqual({ due: 1, continueFrom: null })
  await arrived(hook, 3)
  const long = await shop.send('post', `/v1/webhooks/${id}/redeliver`, { since, until: '2020-02-01T00:00:00Z' })
  expect(long.body).toEqual({ due: 0, continueFrom: null })
  expect(new Set(hook.received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([eventId]))
  expect((await shop.send('post', `/v1/webhooks/${id}/deliveries/${id}/redeliver`)).body.code).toBe(
    'delivery-not-found',
  )
})

it('a change that is repeated late does not undo a later one', async () => {
  const [shop, hook] = [await aClient(), await receiver()]
  const { id } = await shop.endpoint(hook.url)
  const change = (key: string, body: object) =>
    shop.send('patch', `/v1/webhooks/${id}`, body).set('idempotency-key', key)
  await change('first', { enabled: true })
  await change('second', { enabled: false })
  const again = await change('first', { enabled: true })
  expect([again.status, again.headers['idempotency-replayed']]).toEqual([200, 'true'])
  expect((await shop.send('get', `/v1/webhooks/${id}`)).body.enabled).toBe(false)
})

it('a request whose answer was lost makes no second endpoint and no second secret, and removes one once', async () => {
  const shop = await aClient()
  const lost = () =>
    database.db.idempotencyKey.updateMany({ where: { key: 'lost' }, data: { status: null, createdAt: new Date(0) } })
  const twice = async (path: string, body: object) => {
    const ask = () => shop.send('post', path, body).set('idempotency-key', 'lost')
    const first = await ask()
    await lost()
    expect((await ask()).body).toEqual(first.body)
    await database.db.idempotencyKey.deleteMany({ where: { key: 'lost' } })
    return first.body as { id: string }
  }
  const { id } = await twice('/v1/webhooks', { url: 'http://127.0.0.1:1/' })
  await twice(`/v1/webhooks/${id}/rotate-secret`, { overlapHours: 1 })
  expect((await shop.send('get', '/v1/webhooks')).body.webhooks).toHaveLength(1)
  const remove = () => shop.send('delete', `/v1/webhooks/${id}`).set('idempotency-key', 'removed')
  expect([(await remove()).status, (await remove()).status]).toEqual([204, 204])
})

it('an Idempotency-Key that is used again for something else answers with nothing of before', async () => {
  const shop = await aClient()
  const ask = async (path: string, body: object) => {
    const { status, body: made } = await shop.send('post', path, body).set('idempotency-key', 'monthly')
    expect([status, made.code]).toEqual([201, undefined])
    await database.db.idempotencyKey.deleteMany({ where: { key: 'monthly' } }) // forgotten after 30 days
    return made as { id: string; url: string; secret: string }
  }
  const first = await ask('/v1/webhooks', { url: 'http://127.0.0.1:1/first' })
  const second = await ask('/v1/webhooks', { url: 'http://127.0.0.1:1/second' })
  expect(second).not.toMatchObject({ id: first.id })
  expect(second.url).toBe('http://127.0.0.1:1/second')
  await shop.send('patch', `/v1/webhooks/${second.id}`, { url: 'http://127.0.0.1:1/moved' })
  const createdAt = new Date(Date.now() - 31 * 86_400_000)
  await database.db.webhookEndpoint.update({ where: { id: second.id }, data: { createdAt } })
  expect(await ask('/v1/webhooks', { url: 'http://127.0.0.1:1/second' })).toMatchObject({ url: second.url })
  const rotate = () => ask(`/v1/webhooks/${first.id}/rotate-secret`, { overlapHours: 1 })
  const { secret: leaked } = await rotate()
  await shop.send('post', `/v1/webhooks/${first.id}/rotate-secret`, { overlapHours: 0 })
  expect((await rotate()).secret).not.toBe(leaked)
})

it('what the URL before answers says nothing of the new one', async () => {
  const [shop, before, hook] = [await aClient(), await receiver(), await receiver()]
  const { id } = await shop.endpoint(before.url)
  before.answers = async () => {
    await shop.send('patch', `/v1/webhooks/${id}`, { url: hook.url })
    return 410
  }
  await shop.order()
  const [webhook] = await arrived(hook, 1)
  expect(webhook!.event.id).toBe(before.received[0]!.event.id)
  expect((await shop.send('get', `/v1/webhooks/${id}`)).body).toMatchObject({ enabled: true, failingSince: null })
})

it('what is asked for while its last attempt is under way is not given up with that', async () => {
  const [shop, hook] = [await aClient(), await receiver()]
  const { id } = await shop.endpoint(hook.url)
  const path = () => `/v1/webhooks/${id}/deliveries/${hook.received[0]!.event.id}`
  hook.answers = async () => {
    if (hook.received.length > 2) return 204
    if (hook.received.length === 2) await shop.send('post', `${path()}/redeliver`)
    else await database.db.webhookDelivery.updateMany({ where: { endpointId: id }, data: { attempts: 2 } })
    return 500
  }
  await shop.order()
  await arrived(hook, 3)
  await deadline('it is delivered', async () => (await shop.send('get', path())).body.state === 'delivered')
})

it('an operator sends again, disables and enables, and leaves who did it and why', async () => {
  const [shop, hook] = [await aClient(), await receiver()]
  const { id } = await shop.endpoint(hook.url)
  await shop.order()
  const eventId = (await arrived(hook, 1))[0]!.event.id
  const path = `/v1/webhooks/${id}/deliveries/${eventId}`
  await deadline('its answer is noted', async () => (await shop.send('get', path)).body.state === 'delivered')
  const own = await shop.send('post', `/v1/admin/webhooks/${id}/disable`, { reason: 'not mine to do' })
  expect(own.status).toBe(403)
  const asOperator = (path: string, body: object) => api.post(`/v1/admin/webhooks/${id}${path}`, body)
  expect((await asOperator('/disable', {})).status).toBe(422)
  expect((await asOperator('/disable', { reason: 'it loops' })).body).toMatchObject({ disabledBecause: 'asked' })
  expect((await api.get('/v1/admin/webhooks')).body.webhooks).toContainEqual(expect.objectContaining({ id }))
  expect((await asOperator('/enable', { reason: 'it is repaired' })).body).toMatchObject({ enabled: true })
  expect((await api.get('/v1/admin/webhooks?which=all')).body.webhooks.length).toBeGreaterThan(1)
  expect((await asOperator(`/deliveries/${eventId}/redeliver`, { reason: 'they lost it' })).body.due).toBe(1)
  await arrived(hook, 2)
  const since = new Date(Date.now() - 60_000).toISOString()
  const range = await asOperator('/redeliver', { since, include: 'all', reason: 'they lost more' })
  expect(range.body).toMatchObject({ due: 1, continueFrom: null })
  const done = await database.db.operatorAction.findMany({ where: { phase: 'finished' }, orderBy: { id: 'asc' } })
  expect(done.slice(-4)).toMatchObject([
    { action: 'disable-webhook', reason: 'it loops', selector: { webhook: id } },
    { action: 'enable-webhook' },
    { action: 'redeliver-webhooks', selector: { event: eventId }, operator: expect.stringMatching(/^test\//) },
    { action: 'redeliver-webhooks', result: { due: 1 } },
  ])
})

it('a failing delivery is tried by the schedule and given up at its end, with each answer in its log', async () => {
  const [shop, hook] = [await aClient(), await receiver()]
  hook.answers = () => 500
  const { id } = await shop.endpoint(hook.url)
  await shop.order()
  const [delivery] = await deadline('it is given up', async () => {
    const { body } = await shop.send('get', `/v1/webhooks/${id}/deliveries?state=given-up`)
    return body.deliveries.length === 1 && body.deliveries
  })
  const { body } = await shop.send('get', `/v1/webhooks/${id}/deliveries/${delivery.eventId}`)
  expect(body).toMatchObject({ attempts: 4, state: 'given-up', dueAt: null })
  expect(body.log).toHaveLength(4)
  expect(body.log[0]).toMatchObject({
    status: 500,
    answer: 'answered 500',
    error: null,
    durationMs: expect.any(Number),
  })
  const { body: standing } = await shop.send('get', `/v1/webhooks/${id}`)
  expect(standing).toMatchObject({ enabled: true, lastError: 'answered 500', failingSince: expect.any(String) })
  await database.db
    .$executeRaw`UPDATE webhook_endpoints SET failing_since = now() - interval '2 hours' WHERE id = ${id}::uuid`
  await shop.send('post', `/v1/webhooks/${id}/redeliver`, { since: '2020-01-01T00:00:00Z' })
  await deadline('it is disabled after failing for so long', async () => {
    const { body: now } = await shop.send('get', `/v1/webhooks/${id}`)
    return now.disabledBecause === 'failing'
  })
})

it('an event of a newer release is no failure of the endpoint', async () => {
  const [shop, hook] = [await aClient(), await receiver()]
  const { id } = await shop.endpoint(hook.url, { eventTypes: ['order.placed', 'order.confirmed'] })
  const orderId = await shop.order()
  await arrived(hook, 1)
  const event = { ...anOrderConfirmed({ orderId }), version: 99 }
  await database.db.$transaction((tx) => append(tx, [{ event, correlationId: orderId }]))
  await publish()
  await deadline('it is given up', async () => {
    const { body } = await shop.send('get', `/v1/webhooks/${id}/deliveries?state=given-up`)
    return body.deliveries.length === 1
  })
  const { body } = await shop.send('get', `/v1/webhooks/${id}`)
  expect(body).toMatchObject({ enabled: true, lastError: null, failingSince: null })
})

it('ordered, the events of an order wait for each other, and other orders do not', async () => {
  const [shop, hook] = [await aClient(), await receiver()]
  let answer = (_status: number) => {}
  const later = new Promise<number>((resolve) => (answer = resolve))
  const [first, second] = [await shop.order(), await shop.order()]
  hook.answers = ({ event }) => (event.orderId === first && event.sequence === 1 ? later : 204)
  const { id } = await shop.endpoint(hook.url, { ordered: true, eventTypes: [], maxPerSecond: 100 })
  await shop.confirm(first)
  await shop.confirm(second)
  await shop.send('post', `/v1/webhooks/${id}/redeliver`, { since: '2020-01-01T00:00:00Z' })
  const of = (orderId: string) =>
    hook.received.flatMap(({ event }) => (event.orderId === orderId ? event.sequence : []))
  await deadline('the second order is told of', () => of(second).includes(2))
  await deadline('the first order begins', () => of(first).length > 0)
  expect(of(first)).not.toContain(2)
  answer(204)
  await deadline('the first order as well', () => of(first).includes(2))
})

it('deliveries that ended long ago are forgotten', async () => {
  const endedAt = new Date(Date.now() - 86_400_000)
  const { count } = await database.db.webhookDelivery.updateMany({ where: { state: 'delivered' }, data: { endedAt } })
  expect(count).toBeGreaterThan(0)
  const asked = await database.db.webhookDelivery.findFirstOrThrow({ where: { endedAt } })
  const { endpointId, eventId } = asked
  let pruning: Promise<number> | undefined
  await database.db.$transaction(async (tx) => {
    // Asked for again at the moment when it is to be forgotten.
    await tx.webhookDelivery.update({
      where: { endpointId_eventId: { endpointId, eventId } },
      data: { state: 'waiting', endedAt: null, dueAt: new Date(Date.now() + 3_600_000) },
    })
    pruning = pruneDeliveries(database.db, { olderThanMs: 3_600_000, limit: count + 1 }).then((gone) => gone) // begins
    await deadline('it waits for that', async () => {
      const [row] = await database.db.$queryRaw<[{ waits: boolean }]>`
        SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
          AND query LIKE '%DELETE FROM webhook_deliveries%') AS waits`
      return row.waits
    })
  })
  expect(await pruning).toBe(count - 1)
  expect(await database.db.webhookDelivery.count({ where: { endpointId, eventId } })).toBe(1)
})

it('events stay out of archives until endpoints were told of them, which one that is disabled for ever does not prevent', async () => {
  const { db } = database
  const [shop, hook] = [await aClient(), await receiver()]
  hook.answers = () => 410
  const { id } = await shop.endpoint(hook.url)
  await shop.order()
  await deadline('it is disabled', async () => (await shop.send('get', `/v1/webhooks/${id}`)).body.enabled === false)
  const reasons = async () => {
    const [report] = await archiveBefore({
      db,
      instance: 'test',
      before: new Date(),
      openAmong: () => Promise.resolve([]),
      neededBy: eventsNeeded,
    })
    return report!.reasons.join()
  }
  await db.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT FROM webhook_cursor FOR UPDATE` // a process that is slow with it: others leave it alone
    const { position } = await tx.webhookCursor.findFirstOrThrow()
    await shop.order()
    const end = Date.now() + 1
    await endFirstPartition(database, new Date(end))
    await deadline('the partition has ended', () => Date.now() > end)
    expect(await reasons()).toContain(`webhooks have come to position ${position}, and its events go to`)
  })
  await queued()
  const waits = `the webhook endpoint ${id} waits for 1 of its events`
  expect(await reasons()).toContain(waits)
  const longAgo = new Date(Date.now() - 86_400_000)
  await db.webhookDelivery.updateMany({ where: { endpointId: id }, data: { dueAt: longAgo } })
  await pruneDeliveries(db, { olderThanMs: 3_600_000, limit: 500 })
  expect(await reasons()).toContain(waits)
  await db.webhookEndpoint.update({ where: { id }, data: { disabledAt: longAgo } })
  await pruneDeliveries(db, { olderThanMs: 3_600_000, limit: 500 })
  expect(await reasons()).not.toContain(waits)
  hook.answers = () => 204
  await shop.send('patch', `/v1/webhooks/${id}`, { enabled: true })
  const { body } = await shop.send('post', `/v1/webhooks/${id}/redeliver`, { since: '2020-01-01T00:00:00Z' })
  expect(body).toEqual({ due: 2, continueFrom: null })
})

it('what is asked for again goes into no archive between being read and being due', async () => {
  const { db } = database
  const hook = await receiver()
  await db.webhookDelivery.deleteMany({ where: { state: 'waiting' } })
  const [{ clientId }] = await db.$queryRaw<[{ clientId: string }]>`
    SELECT client_id::text AS "clientId" FROM orders WHERE id::text IN (SELECT correlation_id FROM events_first) LIMIT 1`
  const wish = { description: '', ordered: false, personalData: false, maxConcurrent: 4, maxPerSecond: 100 }
  const id = await createEndpoint(db, clientId, { ...wish, url: hook.url, eventTypes: ['order.placed'] })
  const [endpoint] = await listEndpoints(db, { id })
  const to = await mkdtemp(path.join(tmpdir(), 'fanfare-webhooks-'))
  const waits = (table: string) => async () => {
    const [row] = await db.$queryRaw<[{ waits: boolean }]>`
      SELECT EXISTS (SELECT FROM pg_locks WHERE relation = ${table}::regclass AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS waits`
    return row.waits
  }
  const { asking, archiving } = await db.$transaction(
    async (tx) => {
      await tx.$executeRaw`LOCK TABLE webhook_deliveries IN SHARE MODE` // nobody writes
      const asking = redeliverRange(db, endpoint!, { since: new Date(0), until: undefined, known: 'all' })
      await deadline('it has read, and is to write', waits('webhook_deliveries'))
      const archiving = archiveBefore({
        db,
        instance: 'test',
        before: new Date(),
        to,
        openAmong: () => Promise.resolve([]),
        neededBy: eventsNeeded,
      })
      await Promise.race([archiving, deadline('the archive waits', waits('events'))])
      return { asking, archiving }
    },
    { timeout: 20_000 },
  )
  const { due } = await asking
  expect(due).toBeGreaterThan(0)
  await archiving
  await rm(to, { recursive: true })
  const ended = () => db.webhookDelivery.count({ where: { endpointId: id, state: { not: 'waiting' } } })
  await deadline('each has ended', async () => (await ended()) === due)
  expect(await db.webhookDelivery.count({ where: { endpointId: id, state: 'delivered' } })).toBe(due)
})

it('what a process whose clock is ahead has published is in a time that has no end', async () => {
  const [shop, hook] = [await aClient(), await receiver()]
  const { id } = await shop.endpoint(hook.url, { eventTypes: ['order.confirmed'] })
  await shop.send('patch', `/v1/webhooks/${id}`, { enabled: false })
  const orderId = await shop.order()
  const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000)
  await shop.confirm(orderId).finally(() => clock.mockRestore())
  await queued()
  await shop.send('patch', `/v1/webhooks/${id}`, { enabled: true })
  const { body } = await shop.send('post', `/v1/webhooks/${id}/redeliver`, { since: '2020-01-01T00:00:00Z' })
  expect(body).toEqual({ due: 1, continueFrom: null })
})
