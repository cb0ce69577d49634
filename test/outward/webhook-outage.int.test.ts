// A receiver is away for ten scaled minutes. Meanwhile Redis is flushed, and the API and the process that delivers are killed.
// WEBHOOK_SCALE=5 makes them two minutes with 300 orders: `WEBHOOK_SCALE=5 npm test -- webhook-outage`.
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import { Webhook } from 'standardwebhooks'
import { webhookRoutes } from '#domains/webhooks'
import { deadline, releases, requireTestService, testDatabase, webhookReceiver, type TestDatabase } from '#testing'
import { compile } from '../../dev/processes/compiled.ts'
import { anOrder, testApi, type TestApi } from '../../src/testing/api.ts'

const later = releases()
const SCALE = Number(process.env['WEBHOOK_SCALE'] ?? 300)
const OUTAGE_MS = 600_000 / SCALE
const ORDERS = Math.max(10, Math.round(1_500 / SCALE))
/** Those of the specification. */
const DELAYS = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400].map((seconds) =>
  Math.max(1, Math.round((seconds * 1_000) / SCALE)),
)

const namespace = `test-${randomBytes(4).toString('hex')}`

async function startScheduler({ url }: TestDatabase): Promise<ChildProcess> {
  const program = await compile()
  const env = {
    ...process.env,
    DATABASE_URL: url,
    RABBITMQ_URL: requireTestService('TEST_RABBITMQ_URL'),
    REDIS_URL: requireTestService('TEST_REDIS_URL'),
    MESSAGING_NAMESPACE: namespace,
    WEBHOOK_TARGETS: 'any',
    WEBHOOK_RETRY_DELAYS: DELAYS.join(','),
    WEBHOOK_TIMEOUT_SECONDS: '1',
    LOG_LEVEL: 'error',
  }
  return spawn(process.execPath, program('src/main/scheduler.ts'), { env, stdio: 'ignore' })
}

const killed = async (child: ChildProcess) => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}

/** As if Redis had been flushed, for this test's system alone. */
async function flushRedis() {
  const redis = new Redis(requireTestService('TEST_REDIS_URL'))
  const keys = await redis.keys(`${namespace}:*`)
  if (keys.length > 0) await redis.del(...keys)
  redis.disconnect()
}

it('every event arrives, signed, and what comes twice comes under one webhook-id', async () => {
  process.env['WEBHOOK_TARGETS'] = 'any'
  const database = await testDatabase()
  later(database.close)
  const { db } = database
  await db.$executeRaw`INSERT INTO relay_checkpoints (name, position) VALUES ('relay', 0) ON CONFLICT DO NOTHING`
  const place = async (api: TestApi, count: number) => {
    for (let nth = 0; nth < count; nth++) expect((await api.place(anOrder())).status).toBe(202)
    await db.$executeRaw`UPDATE relay_checkpoints SET position = (SELECT max(position) FROM events)`
  }
  const receiver = await webhookReceiver()
  later(() => receiver.down())
  let api = await testApi(database, webhookRoutes(database))
  later(() => api.close())
  const { body: endpoint } = await api.post('/v1/webhooks', { url: receiver.url, maxConcurrent: 16, maxPerSecond: 100 })
  let scheduler = await startScheduler(database)
  later(() => killed(scheduler))
  await place(api, ORDERS)
  const ids = () => new Set(receiver.received.map(({ headers }) => headers['webhook-id']))
  await deadline('the first orders', () => ids().size === ORDERS, { within: 60_000 })

  receiver.answers = () => 'silence'
  const before = receiver.received.length
  await place(api, ORDERS)
  await deadline('requests are under way', () => receiver.received.length > before)
  await killed(scheduler) // with these in hand
  await receiver.down()
  const end = performance.now() + OUTAGE_MS
  await flushRedis()
  await api.close()
  api = await testApi(database, webhookRoutes(database))
  await place(api, ORDERS)
  scheduler = await startScheduler(database)
  await deadline('attempts that fail', async () => (await db.webhookAttempt.count({ where: { status: null } })) > 0, {
    within: 60_000,
  })
  await deadline('the outage is over', () => performance.now() > end, { within: OUTAGE_MS + 1_000 })

  let answered = 0
  receiver.answers = () => (++answered % 5 === 0 ? 'hang-up' : 204) // what was read and not answered comes again
  await receiver.up()
  await deadline('everything else', () => ids().size === 3 * ORDERS, { within: OUTAGE_MS + 120_000 })
  await deadline('nothing waits', async () => (await db.webhookDelivery.count({ where: { state: 'waiting' } })) === 0, {
    within: OUTAGE_MS + 120_000,
  })

  const events = await db.event.findMany({ where: { type: 'order.placed' }, select: { id: true } })
  expect(ids()).toEqual(new Set(events.map(({ id }) => id)))
  const verifier = new Webhook(endpoint.secret as string)
  const bodies = new Map<unknown, string>()
  for (const { headers, body, event } of receiver.received) {
    expect(headers['webhook-id']).toBe(event.id)
    expect(bodies.get(event.id) ?? body).toBe(body)
    bodies.set(event.id, body)
    expect(verifier.verify(body, headers as Record<string, string>)).toMatchObject({ id: event.id })
  }
}, 900_000)
