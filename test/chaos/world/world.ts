import { rmSync } from 'node:fs'
import path from 'node:path'
import { Redis } from 'ioredis'
import { upsertProducts } from '#domains/catalog'
import { receiveStock } from '#domains/inventory'
import { findReactions } from '#messaging'
import { openDatabase, type OpenDatabase } from '#platform/database'
import { placeOf, tcpProxy, testMailServer, type TestMailServer } from '#testing'
import {
  askRabbitMq,
  isFree,
  migrate,
  PROJECT,
  SERVICE_NAMES,
  startService,
  stopLeftovers,
  stopService,
  wipeService,
  type InstanceSet,
  type ServiceName,
  type ServiceUrls,
} from '../../../dev/services/index.ts'
import { plantKey } from '../../../src/api/index.ts'
import { startCluster, type Cluster } from './cluster.ts'
import { PRODUCTS } from '../customers/customers.ts'
import type { Dice } from '../dice.ts'
import { startPair } from '../../database/standby.ts'
import { createNetwork, type Network } from './network.ts'
import { programOf, superviseProcesses, type MemberPlan, type Processes, type Role } from './processes.ts'

export const API_KEY = 'fanfare_chaos'
/** Short, so that what failed during a run is tried again within it. */
const RETRY_DELAYS = '500,2000,5000,15000'
/** Processes of a folder of workers; one for every other. */
const REPLICAS: Readonly<Record<string, number>> = { order: 2, inventory: 2, payment: 2 }

/** Everything that a run can hurt, and its own way around the proxies. */
export interface World {
  urls: ServiceUrls
  database: OpenDatabase
  services: Services
  network: Network
  processes: Processes
  mail: TestMailServer
  apiUrl: string
  gatewayUrl: string
  /** Where RabbitMQ is three nodes; it cannot be stopped and wiped through `services` then. */
  cluster: Cluster | undefined
  /** Where PostgreSQL is a primary and a standby; it cannot be stopped through `services` then. */
  replicated: Replicated | undefined
  /**
   * Starts a process from a folder of the system's files, in place of the one of that name if there is one, and waits until it
   * works. Its name says what it is: `api 2`, `relay 1`, `scheduler`, or a folder of workers such as `payment 1`.
   */
  deploy(name: string, folder: string, env?: Readonly<Record<string, string>>): Promise<void>
  /** The relay that holds the lease, by the name of its process. */
  activeRelay(): Promise<string | undefined>
  /** Ends everything, frozen or not. */
  close(keepServices: boolean): Promise<void>
}

/** A primary behind a proxy, which leads to the standby after a failover. */
export interface Replicated {
  url: string
  /** Commits wait for the standby from now on. */
  synchronous(): Promise<void>
  /** The standby receives nothing from now on: what is committed is lost in the failover. */
  disconnect(): Promise<void>
  /** The primary dies, the standby takes over, the proxy leads there. */
  failOver(): Promise<void>
  close(): Promise<void>
}

export interface Services {
  /** One fault at a time for one service. */
  alone<T>(service: ServiceName, act: () => Promise<T>): Promise<T>
  stop(service: ServiceName, signal: NodeJS.Signals): Promise<void>
  start(service: ServiceName): Promise<void>
  /** It must be stopped. */
  wipe(service: ServiceName): Promise<void>
  flushRedis(): Promise<void>
  /** No more than one message fits into it; undefined ends that. */
  limitQueue(queue: string | undefined): Promise<void>
}

/**
 * Brings everything up, on empty data. What was started is stopped again when something does not start.
 * @param proxied every process has proxies to the services, which cost this process as much as customers and mail do
 */
export async function openWorld(
  set: InstanceSet,
  dice: Dice,
  say: (line: string) => void,
  { clustered = false, paired = false, proxied = true } = {},
): Promise<World> {
  const releases: (() => Promise<unknown>)[] = []
  const close = async (keepServices: boolean) => {
    for (const release of releases.splice(0).toReversed()) await release()
    if (!keepServices) await Promise.all(SERVICE_NAMES.map((name) => stopService(name, set)))
  }
  try {
    const cluster = clustered ? await startCluster(set) : undefined
    if (cluster) releases.push(cluster.destroy)
    const replicated = paired ? await replicate() : undefined
    if (replicated) releases.push(replicated.close)
    const { urls, database } = await startServices(set, say, { rabbitmq: cluster?.url, postgres: replicated?.url })
    releases.push(database.close)
    const mail = await testMailServer()
    releases.push(mail.close)
    const network = createNetwork(urls, dice.fork(1), proxied)
    releases.push(network.close)
    const processes = superviseProcesses(set.folder)
    releases.push(() => processes.stop())
    const [apiUrl, gatewayUrl] = [await freeUrl(), await freeUrl()]
    const planOf = planner({ network, mail, apiUrl, gatewayUrl })
    processes.start(gatewayPlan(set, gatewayUrl))
    for (const name of namesOfSystem()) processes.start(await planOf(name, PROJECT))
    say(`starting ${processes.names('api', 'relay', 'scheduler', 'worker').length} processes of the system`)
    await processes.ready()
    const activeRelay = async () => {
      const lease = await database.db.lease.findUnique({ where: { name: 'relay' } }).catch(() => null)
      return processes.nameOf(Number(lease?.holder?.split(':').at(-1)))
    }
    const services = servicesOf(set, urls)
    const deploy: World['deploy'] = async (name, folder, env) => {
      const plan = await planOf(name, folder, env)
      if (processes.pidOf(name) !== undefined) await processes.stop(name)
      processes.start(plan)
      await processes.untilReady(name)
    }
    return {
      urls,
      database,
      services,
      network,
      processes,
      mail,
      apiUrl,
      gatewayUrl,
      cluster,
      replicated,
      deploy,
      activeRelay,
      close,
    }
  } catch (error) {
    await close(false)
    throw error
  }
}

async function replicate(): Promise<Replicated> {
  const { primary, standby, close } = await startPair()
  const door = await tcpProxy(placeOf(primary.url))
  return {
    url: door.through(primary.url),
    async synchronous() {
      await primary.run(`ALTER SYSTEM SET synchronous_standby_names = 'standby'`)
      await primary.run('SELECT pg_reload_conf()')
    },
    disconnect: standby.disconnect,
    async failOver() {
      await primary.kill()
      await standby.promote()
      await standby.run(`ALTER SYSTEM SET synchronous_standby_names = ''`)
      await standby.run('SELECT pg_reload_conf()')
      door.leadTo(placeOf(standby.url))
    },
    async close() {
      await door.close()
      await close()
    },
  }
}

async function startServices(
  set: InstanceSet,
  say: (line: string) => void,
  given: Partial<Record<ServiceName, string | undefined>>,
) {
  await stopLeftovers(path.join(set.folder, 'processes'))
  for (const name of ['logs', 'gateway']) rmSync(path.join(set.folder, name), { recursive: true, force: true })
  say('starting PostgreSQL, RabbitMQ and Redis on empty data')
  await Promise.all(SERVICE_NAMES.map((name) => wipeService(name, set)))
  const started = SERVICE_NAMES.map(async (name) => {
    return [name, given[name] ?? (await startService(name, set))] as const
  })
  const urls = Object.fromEntries(await Promise.all(started)) as ServiceUrls
  await migrate(urls.postgres)
  const database = openDatabase(urls.postgres, { poolSize: 4, applicationName: 'fanfare chaos' })
  await stock(database)
  return { urls, database }
}

function gatewayPlan(set: InstanceSet, gatewayUrl: string): MemberPlan {
  const env = {
    GATEWAY_PORT: new URL(gatewayUrl).port,
    GATEWAY_DATA: path.join(set.folder, 'gateway'),
    GATEWAY_LATENCY_MS: '5',
  }
  const program = programOf(['sandbox/payment-gateway/main.ts'], env)
  return { name: 'gateway', role: 'gateway', ...program, ready: 'payment gateway on' }
}

interface Surroundings {
  network: Network
  mail: TestMailServer
  apiUrl: string
  gatewayUrl: string
}

/** How a process of the system is started, by its name; each has its own way to the services, for all its lives. */
function planner({ network, mail, apiUrl, gatewayUrl }: Surroundings) {
  const ways = new Map<string, Promise<Record<string, string>>>()
  const shared = {
    SMTP_URL: mail.url,
    PAYMENT_GATEWAY_URL: gatewayUrl,
    PORT: new URL(apiUrl).port,
    RETRY_DELAYS,
    DATABASE_POOL: '5',
  }
  return async (name: string, folder: string, env: Readonly<Record<string, string>> = {}): Promise<MemberPlan> => {
    if (!ways.has(name)) ways.set(name, network.connect(name))
    const { role, run, ready } = memberCalled(name)
    const [file = '', ...args] = run
    const settings = { ...shared, ...(await ways.get(name)), ...env }
    return { name, role, ready, ...programOf([path.join(folder, file), ...args], settings) }
  }
}

const PARTS: Readonly<Record<string, { role: Role; ready: string }>> = {
  api: { role: 'api', ready: 'listening on' },
  relay: { role: 'relay', ready: 'standing by for' },
  scheduler: { role: 'scheduler', ready: 'running by the clock' },
}

function memberCalled(name: string): { role: Role; run: readonly string[]; ready: string } {
  const [part = ''] = name.split(' ')
  const known = PARTS[part]
  return known
    ? { ...known, run: [`src/main/${part}.ts`] }
    : { role: 'worker', run: ['src/main/worker.ts', part], ready: 'reacting' }
}

function namesOfSystem(): string[] {
  const folders = [...new Set(findReactions(path.join(PROJECT, 'workers')).map(({ folder }) => folder))]
  const replicas = folders.flatMap((folder) =>
    Array.from({ length: REPLICAS[folder] ?? 1 }, (_, i) => `${folder} ${i + 1}`),
  )
  return ['api', 'relay 1', 'relay 2', 'scheduler', ...replicas]
}

function stock({ db }: OpenDatabase) {
  return db.$transaction(async (tx) => {
    await plantKey(db, 'chaos', API_KEY)
    await upsertProducts(
      tx,
      PRODUCTS.map(({ sku, price }) => ({ sku, name: sku, price, currency: 'GBP' })),
    )
    await receiveStock(
      tx,
      PRODUCTS.map(({ sku, received }) => ({ sku, quantity: received })),
    )
  })
}

function servicesOf(set: InstanceSet, urls: ServiceUrls): Services {
  const queues = new Map<ServiceName, Promise<unknown>>()
  return {
    alone(service, act) {
      const turn = (queues.get(service) ?? Promise.resolve()).then(act)
      queues.set(
        service,
        turn.catch(() => {}),
      )
      return turn
    },
    stop: (service, signal) => stopService(service, set, signal),
    start: async (service) => void (await startService(service, set)),
    wipe: (service) => wipeService(service, set),
    async limitQueue(queue) {
      const policy = queue
        ? `rabbit_policy:parse_set(<<"/">>, <<"chaos">>, <<"^${queue}$">>, <<"{\\"max-length\\":1}">>, <<"0">>, <<"queues">>, <<"chaos">>).`
        : 'rabbit_policy:delete(<<"/">>, <<"chaos">>, <<"chaos">>).'
      if (askRabbitMq(set, policy) === undefined) throw new Error('RabbitMQ takes no policy')
    },
    async flushRedis() {
      const client = new Redis(urls.redis, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 3_000 })
      client.on('error', () => {})
      await client.connect()
      await client.flushall()
      await client.quit()
    },
  }
}

/** Below the ports that outgoing connections get: it must be free again whenever its process comes back. */
export async function freeUrl(): Promise<string> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 10_000)
    if (await isFree(port)) return `http://127.0.0.1:${port}`
  }
}
