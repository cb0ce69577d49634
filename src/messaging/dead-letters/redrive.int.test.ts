import { OrderPlaced } from '#events'
import {
  createNames,
  createRabbitMq,
  defineReaction,
  readHistory,
  redrive,
  Refused,
  topologyOf,
  Unrecoverable,
  type DeadLetterContext,
} from '#messaging'
import { createLogger } from '#platform/logger'
import {
  anOrderPlaced,
  deadline,
  placeOf,
  record,
  requireTestService,
  tcpProxy,
  testSystem,
  type TestSystem,
} from '#testing'
import { uuidv7 } from '#platform/uuid'
import { encode } from '../cloud-event.ts'
import { HEADER } from '../reactions/message.ts'

jest.setTimeout(30_000)

let system: TestSystem
let context: DeadLetterContext
/** Payment tokens that the reaction cannot handle at the moment. */
const broken = new Set<string>()
const handled: string[] = []

const fragile = defineReaction({
  name: 'test.fragile',
  on: OrderPlaced,
  retry: { attempts: 1 },
  handle({ id, data }) {
    if (broken.has(data.payment.token)) throw new Unrecoverable(`the token '${data.payment.token}' is broken`)
    handled.push(id)
  },
})
const REACTION = fragile.name

beforeEach(async () => {
  broken.clear()
  handled.length = 0
  system = await testSystem([fragile])
  context = { ...system, ladder: [50, 200], operator: 'ada' }
})
afterEach(() => system.close())

async function deadOrders(tokens: readonly string[]) {
  for (const token of tokens) broken.add(token)
  const events = await record(system, ...tokens.map((token) => anOrderPlaced({ payment: { token } })))
  await system.settled()
  return events.map(({ id }) => id)
}

const letters = (where = {}) => system.db.deadLetter.findMany({ where, orderBy: { id: 'asc' } })
const statuses = async () => (await letters()).map(({ status }) => status)

test('what was dead is handled after the repair, and its dead letter ends as resolved', async () => {
  const ids = await deadOrders(['one', 'two', 'three'])
  broken.clear()
  const result = await redrive(context, REACTION, { all: true })
  expect(result).toMatchObject({ outcome: 'done', total: 3, sent: 3, handled: 3, deadAgain: 0, inFlight: 0, why: '' })
  expect(handled.toSorted()).toEqual(ids.toSorted())
  expect(await statuses()).toEqual(['resolved', 'resolved', 'resolved'])
  expect(await system.db.handledEvent.findMany({ where: { reaction: REACTION } })).toMatchObject([
    { attempt: 1 },
    { attempt: 1 },
    { attempt: 1 },
  ])
})

test('what dies again is a new dead letter that knows its ancestor', async () => {
  await deadOrders(['one'])
  expect(await redrive(context, REACTION, { all: true })).toMatchObject({ outcome: 'done', sent: 1, deadAgain: 1 })
  expect(await redrive(context, REACTION, { all: true })).toMatchObject({ outcome: 'done', sent: 1, deadAgain: 1 })
  const [first, second, third] = await letters()
  expect([first, second, third]).toMatchObject([
    { status: 'redriven', parentId: null },
    { status: 'redriven', parentId: first!.id },
    { status: 'open', parentId: second!.id },
  ])
})

test('an event that was handled already is resolved without being sent', async () => {
  const [eventId] = await deadOrders(['one'])
  await system.db.handledEvent.create({
    data: {
      eventId: eventId!,
      reaction: REACTION,
      handledAt: new Date(),
      durationUs: 1,
      attempt: 2,
      instance: 'elsewhere',
    },
  })
  const result = await redrive(context, REACTION, { all: true })
  expect(result).toMatchObject({ outcome: 'done', total: 1, sent: 0, alreadyHandled: 1, handled: 0 })
  expect(await statuses()).toEqual(['resolved'])
  expect(handled).toEqual([])
})

test('ids, a group, an event type and an age choose; nothing chosen is refused', async () => {
  await deadOrders(['one', 'two'])
  broken.clear()
  const [first] = await letters()
  await expect(redrive(context, REACTION, {})).rejects.toThrow(Refused)
  await expect(redrive(context, REACTION, { ids: ['7'] })).rejects.toThrow(/'7' is not the id of a dead letter/)
  expect(await redrive(context, REACTION, { olderThanMs: 3_600_000 })).toMatchObject({ total: 0 })
  expect(await redrive(context, REACTION, { eventType: 'order.cancelled' })).toMatchObject({ total: 0 })
  expect(await redrive(context, REACTION, { ids: [first!.id] })).toMatchObject({ sent: 1, handled: 1 })
  expect(await redrive(context, REACTION, { group: first!.fingerprint })).toMatchObject({ total: 1, handled: 1 })
})

test('messages go out in the order of their streams, clean of what was noted on the way to their death', async () => {
  await system.close()
  const seen: { stream: string; version: number }[] = []
  const watcher = defineReaction({
    name: 'test.watcher',
    on: OrderPlaced,
    batchSize: 1,
    prefetch: 1,
    handle: ({ stream, streamVersion }) => void seen.push({ stream, version: streamVersion }),
  })
  system = await testSystem([watcher])
  context = { ...system, ladder: [50, 200], operator: 'ada' }
  const orders = ['00000000-0000-7000-8000-00000000000b', '00000000-0000-7000-8000-00000000000a']
  const events = []
  for (const orderId of [...orders, ...orders, ...orders])
    events.push(...(await record(system, anOrderPlaced({ orderId }))))
  await system.settled()
  // Dead in the wrong order, with the marks of brokers on them.
  await system.db.handledEvent.deleteMany({})
  seen.length = 0
  for (const event of events.toReversed()) await insertDeadLetter(event)
  expect(await redrive(context, watcher.name, { all: true })).toMatchObject({ sent: 6, handled: 6 })
  expect(seen.map(({ stream, version }) => `${stream.slice(-1)}${version}`)).toEqual([
    'a1',
    'a2',
    'a3',
    'b1',
    'b2',
    'b3',
  ])
})

async function insertDeadLetter(event: Awaited<ReturnType<typeof record>>[number]) {
  const { id, type, stream, streamVersion, correlationId } = event
  const now = new Date()
  await system.db.deadLetter.create({
    data: {
      id: uuidv7(),
      reaction: 'test.watcher',
      eventId: id,
      eventType: type,
      stream,
      streamVersion,
      correlationId,
      reason: 'attempts-exhausted',
      errorName: 'Error',
      errorMessage: 'no',
      fingerprint: 'f',
      attempts: 6,
      firstFailedAt: now,
      failedAt: now,
      instance: 'test',
      exchange: 'order.placed',
      routingKey: '',
      contentType: 'application/cloudevents+json',
      headers: { 'x-delivery-count': 5, [HEADER.attempt]: 6, 'x-death': [{ reason: 'rejected' }], tenant: 'acme' },
      body: new Uint8Array(encode(event, JSON.stringify(event.data))),
    },
  })
}

test('a canary that fails keeps the rest where it is', async () => {
  await deadOrders(Array.from({ length: 30 }, (_, index) => `token-${index}`))
  const result = await redrive(context, REACTION, { all: true }, { canary: 3 })
  expect(result).toMatchObject({ outcome: 'halted', total: 30, sent: 3, deadAgain: 3 })
  expect(result.why).toMatch(/^3 of 3 failed again/)
  expect(await letters({ status: 'open' })).toHaveLength(30) // 27 untouched, 3 new ones
  broken.clear()
  expect(await redrive(context, REACTION, { all: true }, { canary: 3 })).toMatchObject({ outcome: 'done', handled: 30 })
})

test('the share of failures is watched to the end', async () => {
  const tokens = Array.from({ length: 60 }, (_, index) => `token-${index}`)
  await deadOrders(tokens)
  for (const token of tokens.slice(0, 10)) broken.delete(token)
  const result = await redrive(context, REACTION, { all: true }, { haltAbove: 0.5, rate: 200 })
  expect(result.outcome).toBe('halted')
  expect(result.sent).toBeLessThanOrEqual(60)
  expect(result.why).toMatch(/the limit is 50 %/)
})

test('a rate is kept, and progress is told', async () => {
  await deadOrders(Array.from({ length: 20 }, (_, index) => `token-${index}`))
  broken.clear()
  const told: number[] = []
  const started = performance.now()
  await redrive(context, REACTION, { all: true }, { rate: 20, onProgress: ({ sent }) => told.push(sent) })
  expect(performance.now() - started).toBeGreaterThan(800)
  expect(told.at(-1)).toBe(20)
  expect(told).toEqual(told.toSorted((a, b) => a - b))
})

test('stopped in the middle, it can be called again', async () => {
  await deadOrders(Array.from({ length: 20 }, (_, index) => `token-${index}`))
  broken.clear()
  const stop = new AbortController()
  const onProgress = ({ sent }: { sent: number }) => sent >= 5 && stop.abort()
  const options = { rate: 40, onProgress, signal: stop.signal }
  const interrupted = await redrive(context, REACTION, { all: true }, options)
  expect(interrupted).toMatchObject({ outcome: 'interrupted' })
  expect(interrupted.sent).toBeLessThan(20)
  const rest = await redrive(context, REACTION, { all: true })
  expect(interrupted.sent + rest.sent).toBe(20)
  await deadline('all handled', () => handled.length === 20)
  expect(new Set(handled).size).toBe(20)
})

test('a second operator is told who is at it; the same lock falls with its holder', async () => {
  await deadOrders(Array.from({ length: 10 }, (_, index) => `token-${index}`))
  broken.clear()
  const first = redrive(context, REACTION, { all: true }, { rate: 10 })
  await deadline('ada has begun', () => system.db.operatorAction.findFirst())
  const second = redrive({ ...context, operator: 'charles' }, REACTION, { all: true })
  await expect(second).rejects.toThrow(/Somebody else works on .* test\.fragile: ada has been at it since .*redrive/)
  expect(await first).toMatchObject({ outcome: 'done', handled: 10 })
  expect(await redrive({ ...context, operator: 'charles' }, REACTION, { all: true })).toMatchObject({ total: 0 })
})

test('what operators did is on record and cannot be rewritten', async () => {
  await deadOrders(['one'])
  broken.clear()
  await redrive(context, REACTION, { all: true }, { reason: 'tokens are repaired' })
  expect(await readHistory(system.db)).toMatchObject([
    {
      operator: 'ada',
      action: 'redrive',
      reaction: REACTION,
      selector: { all: true },
      reason: 'tokens are repaired',
      outcome: 'done',
      result: { total: 1, sent: 1, handled: 1 },
    },
  ])
  await expect(system.pool.query('DELETE FROM operator_actions')).rejects.toThrow(/append-only/)
  await expect(system.pool.query(`UPDATE operator_actions SET operator = 'nobody'`)).rejects.toThrow(/append-only/)
})

test('a queue that is gone is made again', async () => {
  await deadOrders(['one'])
  broken.clear()
  const elsewhere = { ...context, names: createNames(`${system.names.namespace}-elsewhere`) }
  const queue = elsewhere.names.queue(REACTION)
  expect(await system.broker.depth(queue)).toBeUndefined()
  expect(await redrive(elsewhere, REACTION, { all: true }, { waitMs: 0 })).toMatchObject({
    outcome: 'done',
    inFlight: 1,
  })
  expect(await system.broker.depth(queue)).toBe(1)
  await system.broker.destroy(topologyOf(elsewhere.names, { name: REACTION, eventTypes: ['order.placed'] }, [50, 200]))
  await expect(redrive(context, 'test.nobody', { all: true })).rejects.toThrow(/has no queue and subscribes to nothing/)
})

test('when its connection is cut in the middle, nothing is lost or doubled by calling again', async () => {
  await deadOrders(Array.from({ length: 20 }, (_, index) => `token-${index}`))
  broken.clear()
  let cut: Promise<unknown> | undefined
  const onProgress = ({ sent }: { sent: number }) => {
    if (sent >= 6) cut ??= system.pool.query(CUT_LOCK_HOLDERS)
  }
  const result = await redrive(context, REACTION, { all: true }, { rate: 40, onProgress })
  await cut
  expect(result).toMatchObject({ outcome: 'failed', why: expect.stringContaining('What was not sent is still open.') })
  expect(await redrive(context, REACTION, { all: true })).toMatchObject({ outcome: 'done' })
  await deadline('all handled', () => handled.length >= 20)
  expect(handled).toHaveLength(20)
  await deadline('all resolved', async () => (await letters({ status: 'resolved' })).length === 20)
})

const CUT_LOCK_HOLDERS = `SELECT pg_terminate_backend(pid) FROM pg_locks
  WHERE locktype = 'advisory' AND pid <> pg_backend_pid()
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`

test('when the broker falls silent in the middle, nothing is lost or doubled by calling again', async () => {
  await deadOrders(Array.from({ length: 20 }, (_, index) => `token-${index}`))
  broken.clear()
  const url = requireTestService('TEST_RABBITMQ_URL')
  const wire = await tcpProxy(placeOf(url))
  const broker = createRabbitMq({ url: wire.through(url), name: 'redrive test', log: createLogger('test', 'silent') })
  const overWire = { ...context, broker }
  try {
    const onProgress = ({ sent }: { sent: number }) => sent >= 6 && wire.blackHole()
    const options = { rate: 40, onProgress, publishTimeoutMs: 500, waitMs: 0 }
    const result = await redrive(overWire, REACTION, { all: true }, options)
    expect(result).toMatchObject({ outcome: 'failed', why: expect.stringContaining('RabbitMQ has not answered') })
    expect(await letters({ status: 'open' })).not.toHaveLength(0)
    wire.heal()
    await deadline('RabbitMQ answers again', () =>
      broker.depth('none').then(
        () => true,
        () => false,
      ),
    ) // the old connection dies first
    expect(await redrive(overWire, REACTION, { all: true })).toMatchObject({ outcome: 'done' })
    await deadline('all resolved', async () => (await letters({ status: 'resolved' })).length === 20)
    expect(handled).toHaveLength(20)
  } finally {
    await broker.close()
    await wire.close()
  }
}, 30_000)
