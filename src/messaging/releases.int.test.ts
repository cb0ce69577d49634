// Two releases at once: what the one knows and the other does not.
import { catchUp, createRabbitMq, createWakeUp, defineReaction, runReaction, subscribe, topologyOf } from '#messaging'
import { OrderPlaced } from '#events'
import { createLogger } from '#platform/log/logger'
import {
  anOrderPlaced,
  aPaymentAuthorized,
  deadline,
  placeOf,
  record,
  requireTestService,
  tcpProxy,
  testSystem,
  type TestSystem,
} from '#testing'
import { encode } from './cloud-event.ts'
import { deliverAgain } from './deliveries/deliver-again.ts'
import { recordFailures } from './deliveries/record.ts'
import { UnreadableEvent } from './errors.ts'

let system: TestSystem
afterEach(() => system.close())

const reserve = defineReaction({ name: 'test.reserve', on: OrderPlaced, handle: () => {} })
const log = createLogger('test', 'silent')

test('what is left on the queue of a type that was retired is owed to nobody, and no dead letter', async () => {
  system = await testSystem([reserve])
  const [left] = await record(system, aPaymentAuthorized())
  const body = encode(left!, JSON.stringify(left!.data))
  const queue = system.names.queue(reserve.name)
  await system.broker.publish([{ exchange: '', routingKey: queue, messageId: left!.id, body }])
  await record(system, anOrderPlaced())
  await system.settled()
  await deadline('the queue is empty', async () => (await system.broker.depth(queue)) === 0)
  expect(await system.db.delivery.findMany({ select: { state: true, reason: true } })).toEqual([])
})

test('a delivery that is to wait for a newer release is not kept when its type is retired meanwhile', async () => {
  system = await testSystem([reserve])
  const [event] = await record(system, aPaymentAuthorized())
  const error = new UnreadableEvent('unknown-type', 'not known')
  const next = { kind: 'retry', reason: 'unknown-type', afterMs: 10_000 } as const
  await recordFailures(system.db, reserve.name, 'test', [{ event: event!, attempt: 1, error, next }])
  expect(await system.db.delivery.count()).toBe(0)
})

test('a failure that is recorded after its type was retired is not tried again, and a dead letter stays', async () => {
  system = await testSystem([reserve])
  const [failed, dead] = await record(system, aPaymentAuthorized(), aPaymentAuthorized())
  const [one, other] = [failed!, dead!].map((event) => ({ event, attempt: 1, error: new Error('no') }))
  await recordFailures(system.db, reserve.name, 'test', [
    { ...one!, next: { kind: 'retry', reason: 'failed', afterMs: 10_000 } },
    { ...other!, next: { kind: 'dead', reason: 'unrecoverable' } },
  ])
  expect(await system.db.delivery.findMany()).toMatchObject([{ state: 'dead', eventId: dead!.id }])
})

test('what is due in PostgreSQL is handled by a process that starts while the broker is away', async () => {
  system = await testSystem([])
  const [event] = await record(system, anOrderPlaced())
  await deliverAgain(system.db, reserve.name, { ids: [event!.id] }, { reason: 'lost', instance: 'test' })
  const url = requireTestService('TEST_RABBITMQ_URL')
  const proxy = await tcpProxy(placeOf(url))
  proxy.blackHole()
  const broker = createRabbitMq({ url: proxy.through(url), name: 'fanfare test', log })
  const wakeUp = createWakeUp(system.pool)
  const starting = runReaction(reserve, { ...system, broker, wakeUp, retryDelays: [50], log, instance: 'test' })
  try {
    await deadline('handled', () => system.db.handledEvent.findFirst({ where: { eventId: event!.id } }))
  } finally {
    proxy.heal()
    await (await starting).stop()
    await broker.destroy(topologyOf(system.names, { name: reserve.name, eventTypes: [OrderPlaced.type] }))
    await broker.close()
    await proxy.close()
  }
})

test('a new reaction gets at once what was published after it had subscribed and before its queue was bound', async () => {
  system = await testSystem([reserve])
  await record(system, anOrderPlaced())
  await system.settled()
  const joined = await subscribe(system.db, [defineReaction({ name: 'test.late', on: OrderPlaced, handle: () => {} })])
  const [missed] = await record(system, anOrderPlaced())
  await deadline('published', () => system.db.handledEvent.findFirst({ where: { eventId: missed!.id } }))
  await system.run(joined[0]!)
  await catchUp({ ...system, instance: 'test', log: createLogger('test', 'silent') }, joined)
  await deadline('handled', () =>
    system.db.handledEvent.findFirst({ where: { eventId: missed!.id, reaction: 'test.late' } }),
  )
  expect(await subscribe(system.db, joined)).toEqual([])
})
