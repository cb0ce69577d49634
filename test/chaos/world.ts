import { rmSync } from 'node:fs'
import path from 'node:path'
import { Redis } from 'ioredis'
import { upsertProducts } from '#domains/catalog'
import { receiveStock } from '#domains/inventory'
import { findReactions } from '#messaging'
import { openDatabase, type OpenDatabase } from '#platform/database'
import { testMailServer, type TestMailServer } from '#testing'
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
} from '../../dev/services/index.ts'
import { issueApiKey } from '../../src/api/index.ts'
import { startCluster, type Cluster } from './cluster.ts'
import { PRODUCTS } from './customers.ts'
import type { Dice } from './dice.ts'
import { createNetwork, type Network } from './network.ts'
import { programOf, superviseProcesses, type MemberPlan, type Processes } from './processes.ts'

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
  /** The relay that holds the lease, by the name of its process. */
  activeRelay(): Promise<string | undefined>
  /** Ends everything, frozen or not. */
  close(keepServices: boolean): Promise<void>
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

/** Brings everything up, on empty data. What was started is stopped again when something does not start. */
export async function openWorld(
  set: InstanceSet,
  dice: Dice,
  say: (line: string) => void,
  { clustered = false } = {},
): Promise<World> {
  const releases: (() => Promise<unknown>)[] = []
  const close = async (keepServices: boolean) => {
    for (const release of releases.splice(0).toReversed()) await release()
    if (!keepServices) await Promise.all(SERVICE_NAMES.map((name) => stopService(name, set)))
  }
  try {
    const cluster = clustered ? await startCluster(set) : undefined
    if (cluster) releases.push(cluster.destroy)
    const { urls, database } = await startServices(set, say, cluster?.url)
    releases.push(database.close)
    const mail = await testMailServer()
    releases.push(mail.close)
    const network = createNetwork(urls, dice.fork(1))
    releases.push(network.close)
    const processes = superviseProcesses(set.folder)
    releases.push(() => processes.stop())
    const [apiUrl, gatewayUrl] = [await freeUrl(), await freeUrl()]
    for (const plan of await plans({ set, network, mail, apiUrl, gatewayUrl })) processes.start(plan)
    say(`starting ${processes.names('api', 'relay', 'scheduler', 'worker').length} processes of the system`)
    await processes.ready()
    const activeRelay = async () => {
      const lease = await database.db.relayLease.findFirst().catch(() => null)
      return processes.nameOf(Number(lease?.holder?.split(':').at(-1)))
    }
    const services = servicesOf(set, urls)
    return { urls, database, services, network, processes, mail, apiUrl, gatewayUrl, cluster, activeRelay, close }
  } catch (error) {
    await close(false)
    throw error
  }
}

async function startServices(set: InstanceSet, say: (line: string) => void, clusterUrl: string | undefined) {
  await stopLeftovers(path.join(set.folder, 'processes'))
  for (const name of ['logs', 'gateway']) rmSync(path.join(set.folder, name), { recursive: true, force: true })
  say('starting PostgreSQL, RabbitMQ and Redis on empty data')
  await Promise.all(SERVICE_NAMES.map((name) => wipeService(name, set)))
  const started = SERVICE_NAMES.map(async (name) => {
    const isGiven = name === 'rabbitmq' && clusterUrl !== undefined
    return [name, isGiven ? clusterUrl : await startService(name, set)] as const
  })
  const urls = Object.fromEntries(await Promise.all(started)) as ServiceUrls
  await migrate(urls.postgres)
  const database = openDatabase(urls.postgres, { poolSize: 4, applicationName: 'fanfare chaos' })
  await stock(database)
  return { urls, database }
}

interface Surroundings {
  set: InstanceSet
  network: Network
  mail: TestMailServer
  apiUrl: string
  gatewayUrl: string
}

async function plans({ set, network, mail, apiUrl, gatewayUrl }: Surroundings): Promise<MemberPlan[]> {
  const shared = {
    SMTP_URL: mail.url,
    PAYMENT_GATEWAY_URL: gatewayUrl,
    PORT: new URL(apiUrl).port,
    RETRY_DELAYS,
    DATABASE_POOL: '5',
  }
  const gateway: MemberPlan = {
    name: 'gateway',
    role: 'gateway',
    ...programOf(['sandbox/payment-gateway/main.ts'], {
      GATEWAY_PORT: new URL(gatewayUrl).port,
      GATEWAY_DATA: path.join(set.folder, 'gateway'),
      GATEWAY_LATENCY_MS: '5',
    }),
    ready: 'payment gateway on',
  }
  const system = systemPlans().map(async ({ run, ...plan }) => ({
    ...plan,
    ...programOf(run, { ...shared, ...(await network.connect(plan.name)) }),
  }))
  return [gateway, ...(await Promise.all(system))]
}

function systemPlans(): (Omit<MemberPlan, 'args'> & { run: string[] })[] {
  const main = (file: string) => `src/main/${file}.ts`
  const folders = [...new Set(findReactions(path.join(PROJECT, 'workers')).map(({ folder }) => folder))]
  return [
    { name: 'api', role: 'api', run: [main('api')], ready: 'listening on' },
    { name: 'relay 1', role: 'relay', run: [main('relay')], ready: 'standing by for' },
    { name: 'relay 2', role: 'relay', run: [main('relay')], ready: 'standing by for' },
    { name: 'scheduler', role: 'scheduler', run: [main('scheduler')], ready: 'running by the clock' },
    ...folders.flatMap((folder) =>
      Array.from({ length: REPLICAS[folder] ?? 1 }, (_, i) => ({
        name: `${folder} ${i + 1}`,
        role: 'worker' as const,
        run: [main('worker'), folder],
        ready: 'reacting',
      })),
    ),
  ]
}

function stock({ db }: OpenDatabase) {
  return db.$transaction(async (tx) => {
    await issueApiKey(db, 'chaos', API_KEY)
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
async function freeUrl(): Promise<string> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 10_000)
    if (await isFree(port)) return `http://127.0.0.1:${port}`
  }
}
