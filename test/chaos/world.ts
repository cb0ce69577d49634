import { mkdirSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import path from 'node:path'
import { Redis } from 'ioredis'
import { upsertProducts } from '#domains/catalog'
import { receiveStock } from '#domains/inventory'
import { findWorkers } from '#messaging'
import { openDatabase, type OpenDatabase } from '#platform/database'
import { testMailServer, type TestMailServer } from '#testing'
import {
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
} from '../../scripts/services/index.ts'
import { issueApiKey } from '../../src/api/index.ts'
import { PRODUCTS } from './customers.ts'
import type { Dice } from './dice.ts'
import { createNetwork, type Network } from './network.ts'
import { createSupervisor, type MemberPlan, type Supervisor } from './supervisor.ts'

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
  processes: Supervisor
  mail: TestMailServer
  apiUrl: string
  gatewayUrl: string
  /** The relay that holds the lease, by the name of its process. */
  activeRelay(): Promise<string | undefined>
  /** Ends what a fault may have left: network, frozen processes, services. */
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
}

/** Brings everything up, on empty data. */
export async function openWorld(set: InstanceSet, dice: Dice, say: (line: string) => void): Promise<World> {
  const folder = (name: string) => path.join(set.folder, name)
  await stopLeftovers(folder('processes'))
  for (const name of ['logs', 'gateway']) rmSync(folder(name), { recursive: true, force: true })
  mkdirSync(set.folder, { recursive: true })
  say('starting PostgreSQL, RabbitMQ and Redis on empty data')
  await Promise.all(SERVICE_NAMES.map((name) => wipeService(name, set)))
  const started = SERVICE_NAMES.map(async (name) => [name, await startService(name, set)] as const)
  const urls = Object.fromEntries(await Promise.all(started)) as ServiceUrls
  await migrate(urls.postgres)
  const database = openDatabase(urls.postgres, { poolSize: 4, applicationName: 'fanfare chaos' })
  await stock(database)
  const mail = await testMailServer()
  const network = createNetwork(urls, dice.fork(1))
  const processes = createSupervisor(folder('logs'), folder('processes'))
  const [apiPort, gatewayPort] = [await freePort(), await freePort()]
  const gatewayUrl = `http://127.0.0.1:${gatewayPort}`
  const shared = {
    SMTP_URL: mail.url,
    PAYMENT_GATEWAY_URL: gatewayUrl,
    PORT: String(apiPort),
    RETRY_DELAYS,
    DATABASE_POOL: '5',
  }
  const gateway: MemberPlan = {
    name: 'gateway',
    role: 'gateway',
    run: ['sandbox/payment-gateway/main.ts'],
    env: { GATEWAY_PORT: String(gatewayPort), GATEWAY_DATA: folder('gateway'), GATEWAY_LATENCY_MS: '5' },
    ready: 'payment gateway on',
  }
  processes.start(gateway)
  for (const plan of shopPlans()) {
    processes.start({ ...plan, env: { ...shared, ...(await network.connect(plan.name)) } })
  }
  say(`starting ${processes.names('api', 'relay', 'scheduler', 'worker').length} processes of the shop`)
  await processes.ready()

  return {
    urls,
    database,
    services: servicesOf(set, urls),
    network,
    processes,
    mail,
    apiUrl: `http://127.0.0.1:${apiPort}`,
    gatewayUrl,
    async activeRelay() {
      const lease = await database.db.relayLease.findFirst().catch(() => null)
      return processes.nameOf(Number(lease?.holder?.split(':').at(-1)))
    },
    async close(keepServices) {
      network.heal()
      await processes.stop()
      await Promise.all([network.close(), mail.close(), database.close()])
      if (!keepServices) await Promise.all(SERVICE_NAMES.map((name) => stopService(name, set)))
    },
  }
}

function shopPlans(): Omit<MemberPlan, 'env'>[] {
  const main = (file: string) => `src/main/${file}.ts`
  const folders = [...new Set(findWorkers(path.join(PROJECT, 'workers')).map(({ folder }) => folder))]
  return [
    { name: 'api', role: 'api', run: [main('api')], ready: 'listening on' },
    { name: 'relay 1', role: 'relay', run: [main('relay')] },
    { name: 'relay 2', role: 'relay', run: [main('relay')] },
    { name: 'scheduler', role: 'scheduler', run: [main('scheduler')] },
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
    async flushRedis() {
      const client = new Redis(urls.redis, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 3_000 })
      client.on('error', () => {})
      await client.connect()
      await client.flushall()
      await client.quit()
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
