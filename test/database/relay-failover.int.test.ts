// The relay before and after a failover that loses commits, on a real primary with a real standby.
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'amqplib'
import { OrderPlaced } from '#events'
import { createNames, createRabbitMq, defineReaction, startRelay, subscribe, topologyOf } from '#messaging'
import { openDatabase } from '#platform/database'
import { createLogger } from '#platform/log/logger'
import { anOrderPlaced, deadline, placeOf, record, requireTestService, tcpProxy } from '#testing'
import { canReplicate, startPair, type Server } from './standby.ts'

/** Releases what the test has opened, the last first, also when it failed. */
const opened: (() => unknown)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

async function migrate(server: Server) {
  const folders = readdirSync('prisma/migrations', { withFileTypes: true }).filter((entry) => entry.isDirectory())
  for (const name of folders.map((folder) => folder.name).sort())
    await server.run(readFileSync(`prisma/migrations/${name}/migration.sql`, 'utf8'))
}

/** Whether a server says yes. */
const says = async (server: Server, condition: string) =>
  (await server.run(`SELECT ${condition} AS answer`)).rows[0]?.answer === true

const watcher = defineReaction({ name: 'test.watcher', on: OrderPlaced, handle: () => {} })

async function watchQueue(url: string, queue: string) {
  const seen = new Set<string>()
  const model = await connect(url)
  opened.push(() => model.close())
  const channel = await model.createChannel()
  await channel.consume(queue, (message) => {
    seen.add(String(message!.properties.messageId))
    channel.ack(message!)
  })
  return seen
}

const testPair = canReplicate ? test : test.skip
testPair(
  'a standby that lacks the last commits takes over: new events at positions published before are published',
  async () => {
    const pair = await startPair()
    opened.push(pair.close)
    const { primary, standby } = pair
    await migrate(primary)
    const place = placeOf(primary.url)
    const proxy = await tcpProxy(place)
    opened.push(proxy.close)
    const database = openDatabase(proxy.through(primary.url), { planning: 'by-key' })
    opened.push(database.close)
    const { db } = database
    const log = createLogger('test', 'silent')
    const url = requireTestService('TEST_RABBITMQ_URL')
    const broker = createRabbitMq({ url, name: 'test', log })
    opened.push(broker.close)
    const names = createNames(`test-${randomBytes(4).toString('hex')}`)
    const topology = topologyOf(names, { name: watcher.name, eventTypes: [OrderPlaced.type] })
    opened.push(async () => {
      const marks = (await db.brokerMarker.findMany()).map(({ incarnation }) => names.mark(incarnation))
      await broker.destroy({ ...topology, exchanges: [...topology.exchanges, ...marks] })
    })
    await subscribe(db, [watcher])
    await broker.declare(topology)
    const seen = await watchQueue(url, names.queue(watcher.name))
    const relay = startRelay({ ...database, broker, names, log, instance: 'test' })
    opened.push(relay.stop)
    const orders = async (count: number) => {
      const events = await record({ ...database, url }, ...Array.from({ length: count }, () => anOrderPlaced()))
      relay.wake()
      return events.map(({ id }) => id)
    }
    const published = (ids: readonly string[]) => deadline('published', () => ids.every((id) => seen.has(id)))
    const checkpoint = async () => (await db.relayCheckpoint.findFirst())?.position

    await published(await orders(10))
    await deadline('noted', async () => (await checkpoint()) === 10n)
    const isThere = '(SELECT position FROM relay_checkpoints) = 10'
    await deadline('the standby has it all', () => says(standby, isThere))
    await standby.run("ALTER SYSTEM SET primary_conninfo = ''")
    await standby.run('SELECT pg_reload_conf()')
    const isAlone = '(SELECT count(*) FROM pg_stat_replication) = 0'
    await deadline('the standby hears nothing', () => says(primary, isAlone))

    await published(await orders(60))
    await deadline('noted', async () => (await checkpoint()) === 70n)
    await standby.promote()
    place.port = standby.port // between two looks of the relay: no statement fails
    proxy.cut()
    await deadline('the new primary answers', () =>
      db.event
        .count()
        .then((count) => count === 10)
        .catch(() => false),
    )

    const after = await orders(80)
    const [first] = await db.$queryRaw<
      { position: bigint }[]
    >`SELECT min(position) AS position FROM events WHERE position > 10`
    expect(Number(first!.position)).toBeLessThan(70) // handed out for the second time
    await published(after)
    expect(await db.lease.findUnique({ where: { name: 'relay' } })).toMatchObject({ timeline: '00000002' })
    expect(await db.reconcileState.count({ where: { reaction: watcher.name } })).toBe(1) // recovery was requested
  },
)
