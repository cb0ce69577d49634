import { randomBytes } from 'node:crypto'
import { connect } from 'amqplib'
import { OrderCancelled, OrderPlaced } from '#events'
import {
  createNames,
  createRabbitMq,
  defineReaction,
  retire,
  runReaction,
  startRelay,
  subscribe,
  topologyOf,
} from '#messaging'
import type { Broker, Names, NewEvent, Reaction } from '#messaging'
import { createLogger } from '#platform/log/logger'
import {
  anOrderCancelled,
  anOrderPlaced,
  deadline,
  placeOf,
  record,
  requireTestService,
  tcpProxy,
  testDatabase,
} from '#testing'
import type { TestDatabase } from '#testing'
import { knownSubscriptions } from '../deliveries/subscriptions.ts'
import { sickQueues } from '../metrics.ts'
import { createPublishing } from './publish-events.ts'
import { readEvents } from './reading/read-events.ts'
import { acquireRelayLease } from './relay-lease.ts'

const log = createLogger('test', 'silent')
const url = requireTestService('TEST_RABBITMQ_URL')
const healthy = defineReaction({ name: 'test.healthy', on: [OrderPlaced, OrderCancelled], handle: () => {} })
const sick = defineReaction({ name: 'test.sick', on: OrderPlaced, handle: () => {} })

let database: TestDatabase
let broker: Broker
let names: Names
const opened: (() => Promise<unknown>)[] = []

const topology = ({ name, on }: Reaction) => topologyOf(names, { name, eventTypes: on.map(({ type }) => type) })

beforeEach(async () => {
  database = await testDatabase()
  names = createNames(`test-${randomBytes(4).toString('hex')}`)
  broker = createRabbitMq({ url, name: 'test', log })
  await subscribe(database.db, [healthy, sick])
  opened.push(database.close, broker.close, async () => {
    for (const reaction of [healthy, sick]) await broker.destroy(topology(reaction))
    const marks = (await database.db.brokerMarker.findMany()).map(({ incarnation }) => names.mark(incarnation))
    await broker.destroy({ exchanges: marks, queues: [], bindings: [] })
  })
})
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

/** How often each event has arrived at the healthy queue, and when first. */
async function watchHealthyQueue() {
  const seen = new Map<string, { times: number; at: number }>()
  const model = await connect(url)
  opened.push(() => model.close())
  const channel = await model.createChannel()
  await channel.consume(names.queue(healthy.name), (message) => {
    const id = String(message!.properties.messageId)
    const { times, at } = seen.get(id) ?? { times: 0, at: performance.now() }
    seen.set(id, { times: times + 1, at })
    channel.ack(message!)
  })
  return seen
}

/** A queue that refuses what exceeds its length, as one that a policy limits does. */
async function declareFull() {
  const model = await connect(url)
  const channel = await model.createChannel()
  for (const queue of topology(sick).queues) {
    const limit = queue.name === names.queue(sick.name) ? { 'x-max-length': 1 } : {}
    await channel.assertQueue(queue.name, { durable: true, arguments: { ...queue.arguments, ...limit } })
  }
  await model.close()
  const message = { exchange: '', routingKey: names.queue(sick.name), messageId: 'filler', body: Buffer.from('{}') }
  const isFull = () =>
    broker.publish([message]).then(
      () => false,
      () => true,
    )
  await deadline('full', isFull)
}

const place = (count: number) => record(database, ...Array.from({ length: count }, () => anOrderPlaced()))

test('a queue that refuses messages delays its own reaction only, and misses nothing once it is back', async () => {
  await declareFull()
  await broker.declare(topology(healthy))
  const seen = await watchHealthyQueue()
  const relay = startRelay({ ...database, broker, names, log, instance: 'test', pollMs: 50 })
  opened.push(relay.stop)
  const arrived = (events: readonly { id: string }[]) =>
    deadline('arrived at the healthy queue', () => events.every(({ id }) => seen.has(id)))

  const mixed: NewEvent[] = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? anOrderPlaced() : anOrderCancelled()))
  const first = await record(database, ...mixed)
  await arrived(first)
  const position = async () => (await database.db.relayCheckpoint.findFirst())?.position
  await deadline('the checkpoint passes them', async () => (await position()) === 20n)
  const isOwed = await database.db.reconcileState.count({ where: { reaction: sick.name } })
  expect(isOwed).toBe(1)

  for (let i = 0; i < 10; i++) await arrived(await place(5))
  const later = [...seen].filter(([id]) => !first.some((event) => event.id === id))
  const timesOf = (id: string) => seen.get(id)!.times
  // A busy machine that leaves the relay without confirms for 2 s has it publish a batch again; it does not do so for each.
  expect(later.filter(([, { times }]) => times > 1).length).toBeLessThan(later.length / 2)
  expect(first.map(({ id }) => timesOf(id)).filter((times) => times > 2)).toEqual([])

  await broker.destroy({ exchanges: [], queues: topology(sick).queues, bindings: [] })
  const runtime = { ...database, broker, names, retryDelays: [50], log, instance: 'test', wakeUp: { wake: relay.wake } }
  const running = await runReaction(sick, runtime)
  opened.push(running.stop)
  const handled = () => database.db.handledEvent.count({ where: { reaction: sick.name } })
  await deadline('what it missed is handled', async () => (await handled()) === 60)
  await place(5)
  await deadline('what is new is handled', async () => (await handled()) === 65)
})

test('a sick queue whose reaction is retired is neither bound nor made again', async () => {
  await declareFull()
  const relay = startRelay({ ...database, broker, names, log, instance: 'test', pollMs: 50 })
  opened.push(relay.stop)
  const isSick = async () => (await sickQueues.get()).values.some(({ labels }) => labels['reaction'] === sick.name)
  await place(3)
  await deadline('out of the way', isSick)
  await retire({ ...database, broker, names }, sick.name)
  await broker.destroy({ exchanges: [], queues: topology(sick).queues, bindings: [] })
  await deadline('no longer tried', async () => !(await isSick()), { within: 60_000 })
  expect(await broker.depth(names.queue(sick.name))).toBeUndefined()
})

/** The publishing part of a relay that holds the lease. */
async function publishingOver(over: Broker) {
  const nothing = async () => {}
  const acquired = await acquireRelayLease({ ...database, instance: 'test', onOtherStore: nothing })
  opened.push(acquired!.lease.release)
  const neighbours = { requestRecovery: nothing, lowerWatermarks: nothing, heal: nothing, stop: nothing }
  const subscriptions = () => knownSubscriptions(database.db)
  const own = { ...database, names, log, instance: 'test', broker: over }
  const publishing = createPublishing({ ...own, ...neighbours, subscriptions, lease: acquired!.lease })
  opened.push(async () => publishing.stop())
  return { publishing, lease: acquired!.lease }
}

test('a relay that has lost its lease unbinds no queue that its successor has bound', async () => {
  await declareFull()
  await broker.declare({ ...topology(sick), queues: [] })
  const { publishing, lease } = await publishingOver(broker)
  await place(2)
  const { rows } = await readEvents(database.db, 0n, 10)
  lease.end('taken over by another')
  await publishing.publish(rows).catch(() => {})
  const exchange = names.exchange(OrderPlaced.type)
  const toAll = broker.publish([{ exchange, routingKey: '', messageId: '1', body: Buffer.from('{}') }])
  await expect(toAll).rejects.toThrow('refused by the broker') // by the full queue, which is still bound
})

/** A broker behind a connection that can be cut, and be replaced by an empty one. */
async function replaceableBroker() {
  const proxy = await tcpProxy(placeOf(url))
  const through = createRabbitMq({ url: proxy.through(url), name: 'through', log })
  opened.push(proxy.close, through.close)
  const replace = async () => {
    for (const reaction of [healthy, sick]) await broker.destroy(topology(reaction))
    proxy.cut()
  }
  return { proxy, through, replace }
}

const isDone = (work: Promise<unknown>) =>
  work.then(
    () => true,
    () => false,
  )

const mixed = () => record(database, anOrderPlaced(), anOrderCancelled(), anOrderPlaced(), anOrderCancelled())

test('a batch that was refused in part is published again as a whole when another broker is behind the connection', async () => {
  await declareFull()
  await broker.declare(topology(healthy))
  const { through, replace } = await replaceableBroker()
  let isReplaced = false
  const replaced = Object.create(through) as Broker
  replaced.publish = async (messages, options) => {
    if (messages[0]!.messageId === 'nobody' && !isReplaced) {
      isReplaced = true
      await replace()
    }
    return through.publish(messages, options)
  }
  const { publishing } = await publishingOver(replaced)
  const events = await mixed()
  const { rows } = await readEvents(database.db, 0n, 10)
  await deadline('published', () => isDone(publishing.publish(rows)))
  expect(isReplaced).toBe(true)
  const seen = await watchHealthyQueue()
  await deadline('all have arrived', () => events.every(({ id }) => seen.has(id)))
})

test('a batch whose confirms are lost with the broker is published again on the next one', async () => {
  const { proxy, through, replace } = await replaceableBroker()
  const { publishing } = await publishingOver(through)
  await place(1)
  const { rows: before } = await readEvents(database.db, 0n, 10)
  await publishing.publish(before) // declares the queues

  const events = await mixed()
  const { rows } = await readEvents(database.db, before[0]!.position, 10)
  proxy.deafen() // the messages arrive, and the confirms do not
  const publishedOnce = isDone(publishing.publish(rows))
  await deadline('on the queue', async () => (await broker.depth(names.queue(healthy.name))) === 5)
  proxy.heal()
  await replace()
  expect(await publishedOnce).toBe(false)
  await deadline('published', () => isDone(publishing.publish(rows)))
  const seen = await watchHealthyQueue()
  await deadline('all have arrived', () => events.every(({ id }) => seen.has(id)))
})
