import { randomBytes } from 'node:crypto'
import { OrderPlaced } from '#events'
import { createNames, createRabbitMq, defineReaction, startRelay, subscribe, topologyOf } from '#messaging'
import { createLogger } from '#platform/log/logger'
import { anOrderPlaced, deadline, placeOf, record, requireTestService, tcpProxy, testDatabase } from '#testing'

const log = createLogger('test', 'silent')
const url = requireTestService('TEST_RABBITMQ_URL')
const closes: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closes.splice(0).reverse()) await close()
})

test('a relay that does not reach the broker leaves its place to one that does', async () => {
  const database = await testDatabase()
  const names = createNames(`test-${randomBytes(4).toString('hex')}`)
  const reaction = defineReaction({ name: 'test.any', on: OrderPlaced, handle: () => {} })
  await subscribe(database.db, [reaction])
  const way = await tcpProxy(placeOf(url))
  const relayWith = (instance: string, rabbitmqUrl: string) => {
    const broker = createRabbitMq({ url: rabbitmqUrl, name: instance, log })
    const relay = startRelay({ ...database, broker, names, log, instance, pollMs: 100 })
    closes.push(broker.close, relay.stop)
    return broker
  }
  const holder = async () => (await database.db.lease.findUnique({ where: { name: 'relay' } }))?.holder
  const position = async () => (await database.db.relayCheckpoint.findFirst())?.position
  closes.push(database.close, way.close)

  relayWith('cut off', way.through(url))
  await deadline('it holds the lease', async () => (await holder()) === 'cut off')
  const broker = relayWith('connected', url)
  closes.push(async () => {
    await broker.destroy(topologyOf(names, { name: reaction.name, eventTypes: [OrderPlaced.type] }))
    const marks = (await database.db.brokerMarker.findMany()).map(({ incarnation }) => names.mark(incarnation))
    await broker.destroy({ exchanges: marks, queues: [], bindings: [] })
  })
  await record(database, anOrderPlaced())
  await deadline('published', async () => (await position()) === 1n)

  await way.close()
  await record(database, anOrderPlaced())
  await deadline('published by the other', async () => (await position()) === 2n)
  expect(await holder()).toBe('connected')
})
