import { defineReaction, type Reaction } from '#messaging'
import { OrderPlaced } from '#events'
import { anOrderPlaced, deadline, record, requireTestService, tcpProxy, testSystem, type TestSystem } from '#testing'
import { createLogger } from '#platform/log/logger'
import { createRabbitMq } from '../broker/rabbitmq.ts'
import { topologyOf } from '../broker/topology.ts'
import { reportLostQueue } from '../reactions/report-lost-queue.ts'
import type { TcpProxy } from '../../testing/servers/tcp-proxy.ts'

let system: TestSystem
let proxy: TcpProxy | undefined
/** Somebody else's connection: who publishes to a queue that is being deleted may lose his own, and would delete what is there again. */
const stranger = createRabbitMq({
  url: requireTestService('TEST_RABBITMQ_URL'),
  name: 'fanfare test stranger',
  log: createLogger('test', 'silent'),
})
afterAll(() => stranger.close())
afterEach(async () => {
  await system.close()
  await proxy?.close()
  proxy = undefined
})

/** Where nobody listens. */
const NOBODY = { host: '127.0.0.1', port: 1 }

/** Reactions that handle nothing until they are let go. */
function gated(...names: string[]) {
  let letGo = () => {}
  const gate = new Promise<void>((resolve) => (letGo = resolve))
  const options = { on: OrderPlaced, batchSize: 1, prefetch: 2, handle: () => gate }
  return { reactions: names.map((name) => defineReaction({ name, ...options })), letGo }
}

const requests = () => system.db.reconcileState.count({ where: { recoveryRequestedAt: { not: null } } })
const firstContactIsOver = () => deadline('first contact is over', async () => (await requests()) === 0)

const topology = ({ name }: Reaction) => topologyOf(system.names, { name, eventTypes: [OrderPlaced.type] })

async function placed(count: number, reaction: Reaction) {
  for (let i = 0; i < count; i++) await record(system, anOrderPlaced())
  await deadline(
    'on the queue',
    async () => ((await system.broker.depth(system.names.queue(reaction.name))) ?? 0) > count / 2,
  )
}

test('a queue deleted under a running reaction: its events come again at once', async () => {
  const { reactions, letGo } = gated('test.gated')
  system = await testSystem(reactions)
  await placed(30, reactions[0]!)
  await stranger.destroy({ exchanges: [], queues: topology(reactions[0]!).queues, bindings: [] })
  letGo()
  await system.settled()
})

test('a subscription that ended while its queue still holds messages asks for nothing', async () => {
  const { reactions, letGo } = gated('test.gated')
  system = await testSystem(reactions)
  await placed(30, reactions[0]!)
  await firstContactIsOver()
  const log = createLogger('test', 'silent')
  await reportLostQueue({ ...system, log }, 'test.gated')
  expect(await requests()).toBe(0)
  await reportLostQueue({ ...system, log }, 'test.without-queue')
  expect(await system.db.reconcileState.count({ where: { reaction: 'test.without-queue' } })).toBe(1)
  letGo()
})

test('everything on the broker is gone: what is unsettled comes again at once, and the broker is marked anew', async () => {
  const { reactions, letGo } = gated('test.one', 'test.two')
  proxy = await tcpProxy(hostOf(requireTestService('TEST_RABBITMQ_URL')))
  system = await testSystem(reactions, { rabbitmqUrl: proxy.through(requireTestService('TEST_RABBITMQ_URL')) })
  await placed(30, reactions[0]!)
  const { incarnation } = await system.db.brokerMarker.findFirstOrThrow()
  proxy.leadTo(NOBODY)
  await stranger.destroy({ exchanges: [system.names.mark(incarnation)], queues: [], bindings: [] })
  for (const reaction of reactions) await stranger.destroy(topology(reaction))
  proxy.leadTo(hostOf(requireTestService('TEST_RABBITMQ_URL')))
  letGo()
  await system.settled()
  const marker = await deadline('it is marked anew', () =>
    system.db.brokerMarker.findFirst({ where: { incarnation: { not: incarnation } } }),
  )
  await deadline('it bears the mark', () => system.broker.hasExchange(system.names.mark(marker.incarnation)))
})

test('a broker that still bears the mark is left as it is', async () => {
  const { reactions, letGo } = gated('test.gated')
  proxy = await tcpProxy(hostOf(requireTestService('TEST_RABBITMQ_URL')))
  system = await testSystem(reactions, { rabbitmqUrl: proxy.through(requireTestService('TEST_RABBITMQ_URL')) })
  await placed(10, reactions[0]!)
  await firstContactIsOver()
  const before = await system.db.brokerMarker.findFirstOrThrow()
  const atFirstContact = await system.db.reconcileState.findMany()
  proxy.cut()
  await record(system, anOrderPlaced())
  letGo()
  await system.settled()
  expect(await system.db.brokerMarker.findFirstOrThrow()).toEqual(before)
  expect(await system.db.reconcileState.findMany()).toEqual(atFirstContact)
})

function hostOf(url: string) {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port) }
}
