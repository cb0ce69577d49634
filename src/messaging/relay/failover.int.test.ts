import { spawnSync } from 'node:child_process'
import { appendFileSync, chownSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { connect } from 'amqplib'
import pg from 'pg'
import { OrderPlaced } from '#events'
import { createNames, createRabbitMq, defineReaction, startRelay, subscribe, topologyOf } from '#messaging'
import { openDatabase } from '#platform/database'
import { createLogger } from '#platform/logger'
import { anOrderPlaced, deadline, placeOf, record, requireTestService, tcpProxy } from '#testing'
import { children, folderWith, pathFolders } from '../../../dev/services/private/binaries.ts'
import { serverUser } from '../../../dev/services/private/server-user.ts'

const debian = children('/usr/lib/postgresql').map((folder) => path.join(folder, 'bin'))
const bin = folderWith([...debian.sort().reverse(), ...pathFolders()], 'initdb', 'pg_ctl', 'pg_basebackup')

/** Releases what the test has opened, the last first, also when it failed. */
const opened: (() => unknown)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

/** Runs a program of PostgreSQL as the user that it may run as. */
function run(program: string, ...args: string[]) {
  const { status, stderr, stdout } = spawnSync(path.join(bin!, program), args, {
    ...serverUser('postgres'),
    cwd: '/',
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
    stdio: program === 'pg_ctl' ? 'ignore' : 'pipe', // the server would keep our pipes open
  })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr ?? ''}${stdout ?? ''}`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const urlOf = (port: number, database = 'postgres') => `postgresql://fanfare@127.0.0.1:${port}/${database}`

/** A primary with the migrated database `fanfare`, and a standby that streams from it. */
async function startPair() {
  const folder = mkdtempSync('/tmp/fanfare-failover-')
  opened.push(() => rmSync(folder, { recursive: true, force: true }))
  const user = serverUser('postgres')
  if (user) chownSync(folder, user.uid, user.gid)
  const [primary, standby] = await Promise.all(
    ['primary', 'standby'].map(async (name) => ({ data: path.join(folder, name), port: await freePort() })),
  )
  const start = ({ data, port }: typeof primary & {}) => {
    const settings = `port = ${port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\nfsync = off\n`
    appendFileSync(path.join(data, 'postgresql.conf'), settings)
    run('pg_ctl', '-D', data, '-l', path.join(folder, 'log'), '-w', 'start')
    opened.push(() => run('pg_ctl', '-D', data, '-m', 'immediate', 'stop'))
  }
  run('initdb', '-D', primary!.data, '--username=fanfare', '--auth=trust', '--no-sync', '--encoding=UTF8', '--locale=C')
  start(primary!)
  await query(urlOf(primary!.port), 'CREATE DATABASE fanfare')
  const migrations = readdirSync('prisma/migrations', { withFileTypes: true }).filter((entry) => entry.isDirectory())
  for (const { name } of migrations.sort((a, b) => (a.name < b.name ? -1 : 1)))
    await query(urlOf(primary!.port, 'fanfare'), readFileSync(`prisma/migrations/${name}/migration.sql`, 'utf8'))
  run('pg_basebackup', '-D', standby!.data, '-d', urlOf(primary!.port), '-R', '-X', 'stream', '-c', 'fast', '--no-sync')
  start(standby!)
  return { primary: primary!, standby: standby! }
}

async function query(connectionString: string, ...statements: string[]) {
  const client = new pg.Client({ connectionString })
  await client.connect()
  let rows: Record<string, unknown>[] | undefined
  for (const statement of statements) ({ rows } = await client.query(statement))
  await client.end()
  return rows?.[0] // several statements in one give several results
}

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

;(bin ? test : test.skip)(
  'a standby that lacks the last commits takes over: new events at positions published before are published',
  async () => {
    const { primary, standby } = await startPair()
    const place = placeOf(urlOf(primary.port))
    const proxy = await tcpProxy(place)
    opened.push(proxy.close)
    const database = openDatabase(proxy.through(urlOf(primary.port, 'fanfare')), { planning: 'by-key' })
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
    const published = (ids: readonly string[]) =>
      deadline('published', () => ids.every((id) => seen.has(id)), { within: 20_000 })
    const checkpoint = async () => (await db.relayLease.findFirst())?.position

    await published(await orders(10))
    await deadline('noted', async () => (await checkpoint()) === 10n)
    const caughtUp = `SELECT (SELECT position FROM relay_leases) = 10 AS is_so`
    await deadline(
      'the standby has it all',
      async () => (await query(urlOf(standby.port, 'fanfare'), caughtUp))?.['is_so'],
    )
    await query(urlOf(standby.port), `ALTER SYSTEM SET primary_conninfo = ''`, 'SELECT pg_reload_conf()')
    const cutOff = `SELECT count(*) = 0 AS is_so FROM pg_stat_replication`
    await deadline('the standby hears nothing', async () => (await query(urlOf(primary.port), cutOff))?.['is_so'])

    await published(await orders(60))
    await deadline('noted', async () => (await checkpoint()) === 70n)
    run('pg_ctl', '-D', standby.data, '-w', 'promote')
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
    expect(await db.relayLease.findFirst()).toMatchObject({ timeline: '00000002' })
    expect(await db.reconcileState.count({ where: { reaction: watcher.name } })).toBe(1) // recovery was requested
  },
  90_000,
)
