import { connect } from 'amqplib'
import {
  defineReaction,
  reconcile,
  subscribe,
  topologyOf,
  type NewEvent,
  type Reaction,
  type Reconciled,
  type RecordedEvent,
} from '#messaging'
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
import { holdReaction } from './hold.ts'

const NAME = 'test.watch'
let system: TestSystem
afterEach(() => system.close())

const watch = defineReaction({ name: NAME, on: OrderPlaced, handle: () => {} })

/** A system in which a reaction is subscribed and these events wait on its queue; it does not run yet. */
async function waitingFor(reaction: Reaction, events: readonly NewEvent[]) {
  system = await testSystem([])
  await subscribe(system.db, [reaction])
  return publish(events)
}

async function publish(events: readonly NewEvent[]) {
  const recorded = []
  for (const event of events) recorded.push(...(await record(system, event)))
  await deadline('published', async () => {
    const [{ behind }] = await system.db.$queryRaw<[{ behind: bigint }]>`
      SELECT count(*) AS behind FROM events WHERE position > (SELECT coalesce(max(position), 0) FROM relay_checkpoints)`
    return behind === 0n
  })
  return recorded
}

const orders = (count: number) => Array.from({ length: count }, () => anOrderPlaced())

async function run(options: Partial<Parameters<typeof reconcile>[0]> = {}): Promise<Reconciled> {
  const reports = await reconcile({
    ...system,
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
/** Takes away the message at the head of the queue. */
const takeOne = () =>
  onChannel(async (channel) => {
    const message = await deadline('a message', () => channel.get(queue()))
    channel.ack(message)
    await channel.checkQueue(queue()) // the acknowledgement has arrived
  })

const aDelivery = (event: RecordedEvent, state: string) => ({
  id: uuidv7(),
  reaction: NAME,
  eventId: event.id,
  stream: event.stream,
  streamVersion: event.streamVersion,
  state,
  reason: 'test',
  dueAt: state === 'retrying' ? new Date(Date.now() + 60_000) : null,
})

test('events of a purged queue are delivered again, and the watermark follows', async () => {
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

test('what is delivered from PostgreSQL cannot be lost again, and is told', async () => {
  const events = await waitingFor(watch, orders(3))
  await purge()
  expect(await run()).toMatchObject({ delivered: 3 })
  expect(await run()).toMatchObject({ unsettled: 0, lost: 0, watermark: 3n })
  expect(await system.db.deliveryHistory.findMany({ where: { eventId: events[0]!.id } })).toMatchObject([
    { what: 'recovered', reaction: NAME },
  ])
  await system.run(watch)
  await system.settled()
  expect(await system.db.delivery.count()).toBe(0)
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

test.each(['retrying', 'blocked', 'held', 'dead', 'discarded'])(
  'an event whose delivery is %s is settled',
  async (state) => {
    const [placed] = await waitingFor(watch, orders(1))
    await purge()
    await system.db.delivery.create({ data: aDelivery(placed!, state) })
    expect(await run()).toMatchObject({ unsettled: 0, lost: 0, watermark: 1n })
  },
)

test('a blocked event stays so behind an open one, and is released when nothing is before it', async () => {
  const first = anOrderPlaced()
  const [before, behind] = await waitingFor(watch, [first, first])
  await system.db.delivery.create({ data: aDelivery(behind!, 'blocked') })
  const state = async () => (await system.db.delivery.findFirstOrThrow({ where: { eventId: behind!.id } })).state
  await run()
  expect(await state()).toBe('blocked')
  const handled = { reaction: NAME, handledAt: new Date(), durationUs: 1, attempt: 1, instance: 'test' }
  await system.db.handledEvent.create({ data: { eventId: before!.id, ...handled } })
  await run()
  expect(await state()).toBe('retrying')
})

test('the watermark stops before an event younger than the grace period, settled or not', async () => {
  await waitingFor(watch, orders(3))
  await system.run(watch)
  await system.settled()
  expect(await run({ graceMs: 60_000 })).toMatchObject({ unsettled: 0, watermark: 0n })
  expect(await run()).toMatchObject({ watermark: 3n })
})

test('the watermark stops before the first unsettled event', async () => {
  const events = await waitingFor(watch, orders(6))
  const settled = [0, 1, 3, 5].map((index) => events[index]!.id)
  for (const eventId of settled) {
    const handled = { reaction: NAME, handledAt: new Date(), durationUs: 1, attempt: 2, instance: 'test' }
    await system.db.handledEvent.create({ data: { eventId, ...handled } })
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
  const hold = await holdReaction(system.db, NAME, 'another')
  expect(await run()).toMatchObject({ busy: true, delivered: 0 })
  await hold!.release()
  const reports = await Promise.all([run(), run(), run()])
  expect(reports.reduce((sum, { delivered }) => sum + delivered, 0)).toBe(30)
})

test('a queue that has lost its binding gets what it missed, and what comes after by itself', async () => {
  const other = defineReaction({ name: 'test.other', on: OrderPlaced, handle: () => {} })
  system = await testSystem([other]) // without it, the relay would find out by itself
  await subscribe(system.db, [watch])
  await system.broker.declare(topologyOf(system.names, { name: NAME, eventTypes: [OrderPlaced.type] }))
  await publish(orders(1))
  await deadline('it has come', async () => (await depth()) === 1)
  await system.broker.unbind([{ queue: queue(), exchange: system.names.exchange(OrderPlaced.type) }])
  await publish(orders(1))
  await purge()
  expect(await run()).toMatchObject({ lost: 2, delivered: 2 })
  await publish(orders(1))
  await deadline('it comes by itself', async () => (await depth()) === 1)
})
