import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { upsertProducts } from '#domains/catalog'
import { closeMailer } from '#domains/notification'
import { createPlacement } from '#domains/order'
import { keepTokens } from '#domains/payment'
import { PaymentDeviated } from '#events'
import { askRun, readHistory, readSchedules, reportProcess, type Schedule } from '#messaging'
import { aCaller, deadline, record, testDatabase, testMailServer, webhookReceiver, type TestDatabase } from '#testing'
import { createLogger } from '#platform/log/logger'
import { uuidv7 } from '#platform/uuid'
import { findAlerts } from './alerts/find-alerts.ts'
import { auditing } from './audit-daily.ts'
import { recordRuns } from './record-runs.ts'
import { runAsked } from './run-asked.ts'
import { schedules } from './schedules.ts'

let database: TestDatabase
const wake = jest.fn()
const reconcileAll = jest.fn()
beforeEach(async () => {
  database = await testDatabase()
})
afterEach(() => database.close())

type FakeTimersConfig = Extract<Parameters<typeof jest.useFakeTimers>[0], { doNotFake?: unknown }>

const MINUTE = 60_000
/** Only what the clock shows is wrong; time passes as ever. */
const TIMERS = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] satisfies NonNullable<FakeTimersConfig['doNotFake']>

const REAL_NOW = () => performance.timeOrigin + performance.now()
const REQUEST = {
  customer: { name: 'Ada Lovelace', email: 'ada@example.com' },
  shippingAddress: { line1: '12 St James Square', city: 'London', postalCode: 'SW1Y 4JH', country: 'GB' },
  lines: [{ sku: 'MUG-01', quantity: 1 }],
  payment: { token: 'pm_card_visa' },
}
/** A little later: what is as old as the limit will not be older when the job looks. */
const now = new Date(Date.now() + MINUTE)
const ago = (ms: number) => new Date(Date.now() - ms)

const log = createLogger('test', 'silent')

function run(name: string) {
  const job = schedules({ db: database.db, instance: 'test', log, wake, reconcileAll, partitionLength: 'month' }).find(
    (candidate) => candidate.name === name,
  )
  return job!.run()
}

const anUndecidedOrder = (placedAt: Date) => anOrder(placedAt, 'placed')

async function anOrder(placedAt: Date, status: 'placed' | 'cancelled', archived = 0) {
  const customer = { name: 'Ada', email: 'ada@example.com' }
  const order = {
    id: uuidv7(placedAt.getTime()),
    customer,
    shippingAddress: { line1: '1 Quay', city: 'London', postalCode: 'E14', country: 'GB' },
    total: 100,
    currency: 'GBP',
    placedAt,
    updatedAt: placedAt,
  }
  await database.db.order.create({ data: { ...order, status, version: 1 } })
  await database.db.stream.create({ data: { stream: `order-${order.id}`, version: 1, archived } })
  return order.id
}

it('lets orders expire that were not decided in half an hour, and publishes it', async () => {
  const late = await anUndecidedOrder(ago(31 * MINUTE))
  await anUndecidedOrder(ago(29 * MINUTE))
  expect(await run('order.expire-orders')).toEqual({ expired: 1 })
  expect(await database.db.event.findMany()).toMatchObject([{ type: 'order.expired', stream: `order-${late}` }])
  expect(wake).toHaveBeenCalledTimes(1)
  expect(await run('order.expire-orders')).toBeUndefined()
})

it.each([-60, 60])('goes by the clock of the database, where this process is %i minutes wrong', async (wrong) => {
  await upsertProducts(database.db, [{ sku: 'MUG-01', name: 'Enamel mug', price: 1_250, currency: 'GBP' }])
  jest.useFakeTimers({ now: Date.now() + wrong * MINUTE, doNotFake: TIMERS })
  try {
    await anUndecidedOrder(new Date(REAL_NOW() - 31 * MINUTE))
    const { order } = await createPlacement(database.db, keepTokens).place({
      request: REQUEST,
      idempotency: undefined,
      caller: aCaller(),
      traceparent: null,
    })
    expect(Math.abs(order.placedAt.getTime() - REAL_NOW())).toBeLessThan(MINUTE)
    const expiry = schedules({
      db: database.db,
      instance: 'test',
      log,
      wake,
      reconcileAll,
      partitionLength: 'month',
    }).find(({ name }) => name === 'order.expire-orders')
    expect(await expiry!.run()).toEqual({ expired: 1 })
    expect(await database.db.order.findUnique({ where: { id: order.id } })).toMatchObject({ status: 'placed' })
  } finally {
    jest.useRealTimers()
  }
})

it('deletes no order because the clock of this process is years ahead', async () => {
  const YEAR = 365 * 24 * 60 * MINUTE
  process.env['KEEP_ORDERS_YEARS'] = '10'
  await anOrder(ago(3 * YEAR), 'cancelled', 1)
  jest.useFakeTimers({ now: Date.now() + 20 * YEAR, doNotFake: TIMERS })
  try {
    expect(await run('order.delete-old-orders')).toBeUndefined()
  } finally {
    jest.useRealTimers()
    delete process.env['KEEP_ORDERS_YEARS']
  }
  expect(await database.db.order.count()).toBe(1)
})

it('forgets whom it wrote to after 90 days, however many there are', async () => {
  await database.db.$executeRaw`
    INSERT INTO sent_mails (event_id, order_id, kind, subject, message_id, sent_at)
    SELECT gen_random_uuid(), gen_random_uuid(), 'order.confirmed', '', '', ${now}::timestamptz - n * interval '1 hour'
    FROM generate_series(1, 24 * 90 + 1200) AS n`
  expect(await run('notification.prune-sent-mails')).toEqual({ pruned: 1_200 })
  expect(await database.db.sentMail.count()).toBe(24 * 90)
  expect(await run('notification.prune-sent-mails')).toBeUndefined()
})

it('forgets idempotency keys after 30 days', async () => {
  await database.db.$executeRaw`
    INSERT INTO idempotency_keys (client_id, key, fingerprint, order_id, created_at)
    SELECT gen_random_uuid(), n::text, '', gen_random_uuid(), ${now}::timestamptz - n * interval '1 day'
    FROM generate_series(1, 40) AS n`
  expect(await run('order.prune-idempotency-keys')).toEqual({ pruned: 10 })
  expect(await database.db.idempotencyKey.count()).toBe(30)
})

it('forgets payment tokens that nobody has used in 7 days', async () => {
  await database.db.$executeRaw`
    INSERT INTO payment_tokens (order_id, token, kept_at)
    SELECT gen_random_uuid(), 'pm_card_visa', ${now}::timestamptz - n * interval '1 day' FROM generate_series(1, 10) AS n`
  expect(await run('payment.prune-tokens')).toEqual({ pruned: 3 })
  expect(await database.db.paymentToken.count()).toBe(7)
})

it('forgets what the payment provider has told after 90 days', async () => {
  await database.db.$executeRaw`
    INSERT INTO provider_events (id, order_id, kind, received_at)
    SELECT 'evt_' || n, gen_random_uuid(), 'refunded', ${now}::timestamptz - n * interval '10 days' FROM generate_series(1, 10) AS n`
  expect(await run('payment.prune-provider-events')).toEqual({ pruned: 1 })
  expect(await database.db.providerEvent.count()).toBe(9)
})

it('says which reactions were given lost events again', async () => {
  const report = { watermark: 9n, unsettled: 3, waiting: 0, busy: false }
  reconcileAll.mockResolvedValueOnce([
    { ...report, reaction: 'a.b', lost: 0, delivered: 0 },
    { ...report, reaction: 'c.d', lost: 3, delivered: 3 },
  ])
  expect(await run('messaging.reconcile')).toEqual({ redelivered: { 'c.d': 3 } })
  reconcileAll.mockResolvedValueOnce([])
  expect(await run('messaging.reconcile')).toBeUndefined()
})

it('tells operators by webhook and mail what they have to look at, each once, also when the other cannot be told', async () => {
  const { db } = database
  const bodies: { text: string; open: { key: string }[] }[] = []
  let isAway = true
  const hook = createServer((request, response) => {
    void text(request).then((body) => {
      if (isAway) response.statusCode = 503
      else bodies.push(JSON.parse(body) as (typeof bodies)[number])
      response.end()
    })
  })
  await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve))
  const mails = await testMailServer()
  const { port } = hook.address() as AddressInfo
  const told = {
    ALERT_WEBHOOK_URL: `http://127.0.0.1:${port}/`,
    ALERT_MAIL_TO: 'night@example.com',
    SMTP_URL: mails.url,
  }
  Object.assign(process.env, told)
  try {
    await db.subscription.create({ data: { reaction: 'mail.tell', eventType: 'order.placed', since: 0 } })
    await db.$executeRaw`
      INSERT INTO deliveries (id, reaction, reason, state) SELECT gen_random_uuid(), 'mail.tell', '', 'dead' FROM generate_series(1, 2)`
    const findings = [
      { invariant: 'one.broken', says: 'Every order is paid once.', count: 3, onlyWarns: false },
      { invariant: 'one.whole', says: 'Every order has lines.', count: 0, onlyWarns: false },
    ]
    const audit = { action: 'audit', phase: 'finished', outcome: 'done', reaction: '', selector: {}, operator: 'ada' }
    await db.operatorAction.create({ data: { ...audit, actionId: uuidv7(), result: { findings } } })
    for (const _ of [1, 2]) await expect(run('messaging.alert')).rejects.toThrow('ALERT_WEBHOOK_URL answered 503')
    await deadline('the mail is there', () => mails.received.length > 0)
    isAway = false
    expect(await run('messaging.alert')).toMatchObject({ open: ['dead-letters mail.tell', 'invariant one.broken'] })
    expect(await run('messaging.alert')).toBeUndefined()
    expect(bodies).toHaveLength(1)
    expect(bodies[0]!.text).toMatch(
      /^mail.tell has given up on 2 messages\. What to do: docs\/operations\.md#dead-letters$/m,
    )
    expect(bodies[0]!.text).toContain('Broken 3 times: Every order is paid once.')
    expect(mails.received).toHaveLength(1)
    expect(mails.received[0]!.source).toContain('Subject: Fanfare: 2 to look at')
  } finally {
    for (const name of Object.keys(told)) delete process.env[name]
    closeMailer()
    await mails.close()
    hook.closeAllConnections()
    hook.close()
  }
})

/** `look` tells what is told of alerts by a look minutes after the one before: what is opened, and what is over. */
async function receiverOfAlerts() {
  const hook = await webhookReceiver()
  process.env['ALERT_WEBHOOK_URL'] = hook.url
  return {
    async look() {
      await database.db.$executeRaw`UPDATE alerts SET gone_at = gone_at - interval '3 minutes'`
      return run('messaging.alert')
    },
    async close() {
      delete process.env['ALERT_WEBHOOK_URL']
      await hook.down()
    },
  }
}

test('an alert is neither new nor over while nobody knows: figures are missing, or the broker is away', async () => {
  const { db } = database
  const reactions = ['mail.tell', 'stock.take', 'past.retired']
  await db.subscription.createMany({
    data: reactions.map((reaction) => ({ reaction, eventType: 'order.placed', since: 0 })),
  })
  const figures = async (of: (reaction: string) => object) => {
    await db.$executeRaw`DELETE FROM metric_rollups`
    const waiting = Object.fromEntries(reactions.map((reaction) => [reaction, of(reaction)]))
    await db.metricRollup.create({ data: { step: 10, at: new Date(), figures: { waiting } } })
  }
  const receiver = await receiverOfAlerts()
  try {
    const late = { queued: 7, replicas: 1, oldestMs: 10 * MINUTE }
    await figures((reaction) => (reaction === 'stock.take' ? { ...late, replicas: 0 } : late))
    expect(await receiver.look()).toMatchObject({
      open: ['late mail.tell', 'nobody stock.take', 'late past.retired'],
      over: [],
    })
    await figures(() => ({ dead: 0 }))
    for (const _ of [1, 2]) expect(await receiver.look()).toBeUndefined()
    await figures(() => ({ queued: 0, replicas: 1, oldestMs: 0 }))
    expect(await receiver.look()).toBeUndefined() // gone, and then unknown again
    await db.$executeRaw`DELETE FROM metric_rollups`
    await db.subscription.deleteMany({ where: { reaction: 'past.retired' } })
    expect(await receiver.look()).toEqual({ open: [], over: ['late past.retired'] })
    expect(await receiver.look()).toBeUndefined()
    await figures(() => ({ queued: 0, replicas: 1, oldestMs: 0 }))
    expect(await receiver.look()).toBeUndefined()
    expect(await receiver.look()).toEqual({ open: [], over: ['late mail.tell', 'nobody stock.take'] })
  } finally {
    await receiver.close()
  }
})

test('what a reaction puts off without end is told once, with what it waits for, until an operator pauses it or it goes on', async () => {
  const { db } = database
  const postpone = (reaction: string, age: string, cause: string) => db.$executeRaw`
    INSERT INTO deliveries (id, reaction, reason, state, due_at, first_failed_at, error_name, error_message)
    VALUES (gen_random_uuid(), ${reaction}, 'retry-later', 'retrying', now(), now() - ${age}::interval, 'RetryLater', ${cause})`
  await postpone('payment.refund-payment', '16 minutes', 'other refunds are under way')
  await postpone('payment.refund-payment', '1 minute', 'the money of the order is not taken yet')
  await postpone('payment.capture-payment', '14 minutes', 'the bank is waited for')
  await db.$executeRaw`
    WITH letter AS (
      INSERT INTO deliveries (id, reaction, event_id, reason, state, due_at, attempts, first_failed_at, error_name, error_message)
      VALUES (gen_random_uuid(), 'payment.return-payment', gen_random_uuid(), 'retry-later', 'retrying', now(), 1,
        now() - interval '1 hour', 'RetryLater', 'put off since its latest attempt failed')
      RETURNING id, reaction, event_id
    )
    INSERT INTO delivery_history (delivery_id, reaction, event_id, at, what, attempt, instance)
    SELECT id, reaction, event_id, now() - interval '1 minute', 'failed', 1, 'worker' FROM letter`
  const { alerts } = await findAlerts(db)
  expect(alerts).toMatchObject([
    {
      key: 'postponed payment.refund-payment',
      sentence: 'payment.refund-payment puts off 2 messages, the oldest for 16 minutes: other refunds are under way',
    },
  ])
  const receiver = await receiverOfAlerts()
  try {
    expect(await receiver.look()).toEqual({ open: ['postponed payment.refund-payment'], over: [] })
    await postpone('payment.refund-payment', '20 minutes', 'the money of the order is not taken yet')
    expect(await receiver.look()).toBeUndefined()
    await db.reactionPause.create({ data: { reaction: 'payment.refund-payment', operator: 'ada', reason: null } })
    expect((await findAlerts(db)).alerts).toEqual([])
    await db.reactionPause.deleteMany()
    await db.delivery.deleteMany({ where: { firstFailedAt: { lt: ago(15 * MINUTE) } } })
    expect(await receiver.look()).toBeUndefined()
    expect(await receiver.look()).toEqual({ open: [], over: ['postponed payment.refund-payment'] })
  } finally {
    await receiver.close()
  }
})

test('each run leaves how it ended, and what no process runs any more is forgotten', async () => {
  const { db } = database
  let broken = true
  const job = recordRuns(
    { db, instance: 'one' },
    {
      name: 'test.count',
      everyMs: 10_000,
      async run() {
        const seen = await db.scheduleRun.findUnique({ where: { name: 'test.count' } })
        expect(seen).toMatchObject({ everyMs: 10_000, instance: 'one', finishedAt: null })
        if (broken) throw new Error('a cable')
        return { counted: 3 }
      },
    },
  )
  await expect(job.run()).rejects.toThrow('a cable')
  await expect(job.run()).rejects.toThrow('a cable')
  const after = () => readSchedules(db)
  expect(await after()).toMatchObject([{ state: 'failed', failures: 2, error: 'Error: a cable', result: null }])
  broken = false
  expect(await job.run()).toEqual({ counted: 3 })
  expect(await after()).toMatchObject([
    { state: 'done', everySeconds: 10, failures: 0, error: 'Error: a cable', result: { counted: 3 } },
  ])
  const [{ begunAt, nextDueAt, durationMs }] = (await after()) as [Schedule]
  expect(Date.parse(nextDueAt) - Date.parse(begunAt)).toBe(10_000)
  expect(durationMs).toBeGreaterThanOrEqual(0)
  await db.$executeRaw`UPDATE schedule_runs SET begun_at = begun_at - interval '90 s'`
  expect(await after()).toMatchObject([{ state: 'late' }])
  expect(await run('messaging.prune-schedule-runs')).toBeUndefined()
  await db.$executeRaw`UPDATE schedule_runs SET begun_at = begun_at - interval '8 d'`
  expect(await run('messaging.prune-schedule-runs')).toEqual({ forgotten: 1 })
})

test('a run is made where it cannot be written down', async () => {
  await database.db.$executeRaw`ALTER TABLE schedule_runs RENAME TO gone`
  const job = { name: 'test.count', everyMs: 1_000, run: () => Promise.resolve({ counted: 3 }) }
  expect(await recordRuns({ db: database.db, instance: 'one' }, job).run()).toEqual({ counted: 3 })
})

test('the audit of the day is done once, however many schedulers there are, and tells what is broken', async () => {
  const { db } = database
  const broken = { invariant: 'a-law', says: 'something holds', count: 3, onlyWarns: false, offenders: [] }
  let audits = 0
  const audit = async () => [{ ...broken, invariant: `a-law-${++audits}` }]
  const jobs = ['one', 'two', 'three'].map((instance) => auditing({ db, instance, audit }))
  await Promise.all(jobs.map((job) => job.run()))
  await jobs[0]!.run()
  expect(audits).toBe(1)
  expect(await db.operatorAction.count({ where: { operator: 'schedule', action: 'audit' } })).toBe(2) // begun, finished
  const { alerts } = await findAlerts(db)
  expect(alerts.map(({ key, sentence }) => [key, sentence])).toContainEqual([
    'invariant a-law-1',
    'Broken 3 times: something holds',
  ])
})

const aDispute = (orderId: string) => {
  const amount = { amount: 2_500, currency: 'GBP' }
  return PaymentDeviated({ orderId, kind: 'dispute-opened', amount, detail: 'fraudulent', providerEventId: uuidv7() })
}

test('each thing that happened at the payment provider and not here is told once, for a day', async () => {
  const [gone, older, newer] = [uuidv7(), uuidv7(), uuidv7()]
  const tellOf = async (orderId: string) =>
    `payment dispute-opened ${(await record(database, aDispute(orderId)))[0]!.id}`
  await tellOf(gone)
  await database.db.relayCheckpoint.create({ data: { name: 'all is published', position: 1_000_000 } })
  await database.db.$executeRaw`ALTER TABLE events DISABLE TRIGGER USER`
  await database.db.$executeRaw`UPDATE events SET occurred_at = now() - interval '25 hours'`
  const receiver = await receiverOfAlerts()
  try {
    const both = [await tellOf(older), await tellOf(newer)]
    expect(await receiver.look()).toEqual({ open: both, over: [] })
    for (const _ of [1, 2]) expect(await receiver.look()).toBeUndefined()
    const again = await tellOf(older)
    expect(await receiver.look()).toEqual({ open: [again], over: [] })
    for (const _ of [1, 2]) expect(await receiver.look()).toBeUndefined()
    await database.db.$executeRaw`UPDATE events SET occurred_at = now() - interval '25 hours'`
    expect(await receiver.look()).toBeUndefined()
    expect(await receiver.look()).toEqual({ open: [], over: expect.arrayContaining([...both, again]) })
  } finally {
    await receiver.close()
  }
})

test('of what happens at the payment provider by the hundred not each is told', async () => {
  await record(database, ...Array.from({ length: 300 }, () => aDispute(uuidv7())))
  const alerts = (await findAlerts(database.db)).alerts.filter(({ key }) => key.startsWith('payment '))
  expect(alerts).toHaveLength(21)
  expect(alerts.at(-2)!.sentence).toMatch(
    /^A customer disputes a payment.*: order [-0-9a-f]{36}, GBP 2500 in minor units\.$/,
  )
  expect(alerts.at(-1)).toMatchObject({
    key: 'payment dispute-opened',
    sentence: expect.stringMatching(/: 300 times within a day, and not each is told\.$/),
  })
})

test('an operator has a schedule run out of turn, which is on record with its end', async () => {
  const { db } = database
  const operator = { db, operator: 'ada' }
  const ask = () => askRun(operator, { schedule: 'test.count', reason: 'The gateway is back' })
  await expect(ask()).rejects.toThrow('Nothing called test.count has run by the clock here.')
  let broken = false
  const run = async () => {
    if (broken) throw new Error('a cable')
    return { counted: 3 }
  }
  const job = recordRuns({ db, instance: 'one' }, { name: 'test.count', everyMs: 3_600_000, run })
  await job.run()
  const { actionId } = await ask()
  await expect(ask()).rejects.toThrow('test.count is asked for already')
  expect(await readSchedules(db)).toMatchObject([{ isAsked: true }])
  const scheduler = { run: () => job.run().then(() => 'done' as const) }
  const asked = runAsked({ db, log, scheduler, names: ['test.count'], everyMs: 20 })
  const ended = (id: string) =>
    deadline('it has ended', async () => (await readHistory(db, { actionId: id })).find(({ outcome }) => outcome))
  expect(await ended(actionId)).toMatchObject({ operator: 'ada', action: 'run-schedule', outcome: 'done' })
  broken = true
  expect(await ended((await ask()).actionId)).toMatchObject({ outcome: 'failed', result: { why: 'Error: a cable' } })
  await asked.stop()

  await db.$executeRaw`UPDATE schedule_runs SET finished_at = NULL`
  const { begun, end } = reportProcess({ db, instance: 'one', service: 'scheduler', release: '1.0.0' })
  await begun
  await expect(ask()).rejects.toThrow(/^test.count runs at this moment, since \S+ in one: wait for its end.$/)
  await end() // as if it had been killed in that run
  expect(await ask()).toMatchObject({ actionId: expect.any(String) as string })
})
