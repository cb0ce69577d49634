import { connect } from 'amqplib'
import { defineReaction, reconcile, subscribe, type NewEvent, type Reconciled, type Reaction } from '#messaging'
import { OrderPlaced, StockReserved } from '#events'
import { uuidv7 } from '#platform/uuid'
import {
  anOrderPlaced,
  aStockReserved,
  deadline,
  record,
  requireTestService,
  testSystem,
  type TestSystem,
} from '#testing'

jest.setTimeout(30_000)

const LADDER = [50, 200]
const NAME = 'test.watch'
let system: TestSystem
afterEach(() => system.close())

const watch = defineReaction({ name: NAME, on: OrderPlaced, handle: () => {} })

/** A system in which a reaction is subscribed and these events wait on its queue; it does not run yet. */
async function waitingFor(reaction: Reaction, events: readonly NewEvent[]) {
  system = await testSystem([], { ladder: LADDER })
  await subscribe(system.db, [reaction])
  return publish(events)
}

async function publish(events: readonly NewEvent[]) {
  const recorded = []
  for (const event of events) recorded.push(...(await record(system, event)))
  await deadline('published', async () => {
    const [{ behind }] = await system.db.$queryRaw<[{ behind: bigint }]>`
      SELECT count(*) AS behind FROM events WHERE position > (SELECT max(position) FROM relay_leases)`
    return behind === 0n
  })
  return recorded
}

const orders = (count: number) => Array.from({ length: count }, () => anOrderPlaced())

async function run(options: Partial<Parameters<typeof reconcile>[0]> = {}): Promise<Reconciled> {
  const reports = await reconcile({
    ...system,
    ladder: LADDER,
    instance: 'test',
    graceMs: 0,
    reaction: NAME,
    ...options,
  })
  return reports[0]!
}

const handled = () => system.db.handledEvent.count({ where: { reaction: NAME } })
const queue = () => system.names.queue(NAME)
const depth = () => system.broker.depth(queue())

async function onChannel<T>(work: (channel: Awaited<ReturnType<typeof openChannel>>[1]) => Promise<T>) {
  const [connection, channel] = await openChannel()
  return work(channel).finally(() => connection.close())
}
async function openChannel() {
  const connection = await connect(requireTestService('TEST_RABBITMQ_URL'))
  return [connection, await connection.createChannel()] as const
}
const purge = () => onChannel((channel) => channel.purgeQueue(queue()))
/** Takes away the message at the head of the queue, and reads its headers. */
const takeOne = () =>
  onChannel(async (channel) => {
    const message = await deadline('a message', () => channel.get(queue()))
    channel.ack(message)
    await channel.checkQueue(queue()) // the acknowledgement has arrived
    return message.properties.headers
  })

const aDeadLetter = {
  reaction: NAME,
  reason: 'unrecoverable',
  errorName: 'E',
  errorMessage: 'e',
  fingerprint: 'f',
  attempts: 1,
  firstFailedAt: new Date(),
  failedAt: new Date(),
  instance: 'test',
  exchange: '',
  routingKey: '',
  headers: {},
  body: new Uint8Array(),
}

test('events of a purged queue are delivered again, and the watermark follows the ledger', async () => {
  await waitingFor(watch, orders(20))
  await purge()
  expect(await run()).toMatchObject({ unsettled: 20, lost: 20, delivered: 20, watermark: 0n })
  await system.run(watch)
  await system.settled()
  expect(await run()).toMatchObject({ unsettled: 0, lost: 0, delivered: 0, watermark: 20n })
})

test('a dry run delivers nothing', async () => {
  await waitingFor(watch, orders(5))
  await purge()
  expect(await run({ dryRun: true })).toMatchObject({ lost: 5, delivered: 0 })
  expect(await depth()).toBe(0)
})

test('what waits on the queue of a slow reaction is left alone, however old', async () => {
  await waitingFor(watch, orders(20))
  expect(await run()).toMatchObject({ unsettled: 20, waiting: 20, lost: 0, delivered: 0 })
})

test('an event is given its grace period', async () => {
  await waitingFor(watch, orders(3))
  await purge()
  expect(await run({ graceMs: 60_000 })).toMatchObject({ unsettled: 3, lost: 0 })
})

test('an event delivered again is given longer before the next time', async () => {
  await waitingFor(watch, orders(3))
  await purge()
  expect(await run({ graceMs: 1 })).toMatchObject({ delivered: 3 })
  await purge()
  await system.db.redelivery.updateMany({ data: { times: 20 } })
  expect(await run({ graceMs: 1 })).toMatchObject({ lost: 0 })
})

test('a message lost in the middle of a backlog is delivered again once later ones were handled', async () => {
  let letGo = () => {}
  const gate = new Promise<void>((resolve) => (letGo = resolve))
  let count = 0
  const slow = defineReaction({
    name: NAME,
    on: OrderPlaced,
    batchSize: 1,
    prefetch: 1,
    handle: () => (++count > 5 ? gate : undefined),
  })
  await waitingFor(slow, orders(12))
  await takeOne()
  await system.run(slow)
  await deadline('five handled', async () => (await handled()) === 5)
  const report = await run()
  expect(report).toMatchObject({ lost: 1, delivered: 1, watermark: 0n })
  expect(report.waiting).toBeGreaterThan(0)
  letGo()
  await deadline('all handled', async () => (await handled()) === 12)
})

test('a retry on the delay ladder is not lost; when it is overdue it is, and keeps its count of attempts', async () => {
  const failing = defineReaction({
    name: NAME,
    on: OrderPlaced,
    retry: { delaysMs: [200] },
    handle() {
      throw new Error('fails')
    },
  })
  await waitingFor(failing, orders(1))
  const reaction = await system.run(failing)
  await deadline('two failures', async () => (await system.db.deliveryFailure.count()) === 2)
  await reaction.stop()
  await takeOne()
  await system.db.deliveryFailure.updateMany({ data: { retryAt: new Date(Date.now() + 60_000) } })
  expect(await run()).toMatchObject({ unsettled: 1, waiting: 0, lost: 0 })
  await system.db.deliveryFailure.updateMany({ data: { retryAt: new Date(0) } })
  expect(await run()).toMatchObject({ lost: 1, delivered: 1 })
  expect(await takeOne()).toMatchObject({
    'x-fanfare-attempt': 3,
    'x-fanfare-exchange': system.names.exchange('order.placed'),
  })
})

test('a dead letter keeps its event; redriven, its event can be lost, below the watermark as well', async () => {
  const [placed] = await waitingFor(watch, orders(1))
  await purge()
  const letter = { id: uuidv7(), eventId: placed!.id }
  await system.db.deadLetter.create({ data: { ...aDeadLetter, ...letter } })
  for (const status of ['open', 'edited', 'discarded']) {
    await system.db.deadLetter.updateMany({ data: { status } })
    expect(await run()).toMatchObject({ unsettled: 0, lost: 0, watermark: 1n })
  }
  await system.db.deadLetter.updateMany({ data: { status: 'redriven', closedAt: new Date(0) } })
  expect(await run()).toMatchObject({ lost: 1, delivered: 1 })
  expect(await takeOne()).toMatchObject({ 'x-fanfare-dead-letter': letter.id })
})

test('a blocked event waits for the one before it, and is lost when nothing is before it', async () => {
  const first = anOrderPlaced()
  const [before, behind] = await waitingFor(watch, [first, first])
  await purge()
  const { id, stream } = behind!
  await system.db.blockedDelivery.create({ data: { reaction: NAME, eventId: id, stream, streamVersion: 2 } })
  expect(await run()).toMatchObject({ unsettled: 1, lost: 1, watermark: 0n })
  await takeOne()
  const ledger = { reaction: NAME, handledAt: new Date(), durationUs: 1, attempt: 1, instance: 'test' }
  await system.db.handledEvent.create({ data: { eventId: before!.id, ...ledger } })
  expect(await run()).toMatchObject({ unsettled: 0, lost: 1, delivered: 1, watermark: 2n })
})

test('the watermark stops before the first unsettled event', async () => {
  const events = await waitingFor(watch, orders(6))
  const settled = [0, 1, 3, 5].map((index) => events[index]!.id)
  for (const eventId of settled) {
    const ledger = { reaction: NAME, handledAt: new Date(), durationUs: 1, attempt: 2, instance: 'test' }
    await system.db.handledEvent.create({ data: { eventId, ...ledger } })
  }
  expect(await run()).toMatchObject({ watermark: 2n, unsettled: 2, lost: 0 })
})

test('a type subscribed to later is complete only from its subscription on', async () => {
  await waitingFor(watch, [anOrderPlaced(), aStockReserved(), aStockReserved()])
  await system.run(watch)
  await system.settled()
  expect(await run()).toMatchObject({ watermark: 3n })
  await system.db.subscription.create({ data: { reaction: NAME, eventType: StockReserved.type, since: 1n } })
  expect(await run()).toMatchObject({ watermark: 1n, lost: 2, delivered: 2 })
})

test('one process at a time', async () => {
  await waitingFor(watch, orders(30))
  await purge()
  const reports = await Promise.all([run(), run(), run()])
  expect(reports.filter(({ busy }) => busy)).toHaveLength(2)
  expect(await depth()).toBe(30)
})
