import { rmSync } from 'node:fs'
import path from 'node:path'
import { Redis } from 'ioredis'
import { openDatabase } from '#platform/database'
import { placeOf, tcpProxy, testMailServer, type TestMailServer } from '#testing'
import {
  askRabbitMq,
  isFree,
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
import { startCluster } from './cluster.ts'
import type { Dice } from '../dice.ts'
import { startPair } from '../../database/standby.ts'
import type { Replicated, Services, Subject, World } from '../subject.ts'
import { createNetwork, type Network } from './network.ts'
import { programOf, superviseProcesses, type MemberPlan } from './processes.ts'

/** Short, so that what failed during a run is tried again within it. */
const RETRY_DELAYS = '500,2000,5000,15000'

interface Wanted {
  subject: Subject
  /** RabbitMQ is three nodes. @default false */
  clustered?: boolean
  /** PostgreSQL has a standby. @default false */
  paired?: boolean
  /** Every process has proxies to the services, which cost this process as much as customers and mail do. @default true */
  proxied?: boolean
}

/**
 * Brings everything up, on empty data. What was started is stopped again when something does not start.
 */
export async function openWorld(
  set: InstanceSet,
  dice: Dice,
  say: (line: string) => void,
  { subject, clustered = false, paired = false, proxied = true }: Wanted,
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
    const { urls, database } = await startServices(set, say, subject, {
      rabbitmq: cluster?.url,
      postgres: replicated?.url,
    })
    releases.push(database.close)
    const mail = await testMailServer()
    releases.push(mail.close)
    const network = createNetwork(urls, dice.fork(1), proxied)
    releases.push(network.close)
    const processes = superviseProcesses(set.folder)
    releases.push(() => processes.stop())
    const [apiUrl, gatewayUrl] = [await freeUrl(), await freeUrl()]
    const planOf = planner({ network, mail, apiUrl, gatewayUrl, subject })
    processes.start(gatewayPlan(set, gatewayUrl))
    for (const name of subject.names()) processes.start(await planOf(name, PROJECT))
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
      subject,
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
  subject: Subject,
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
  urls.postgres = await subject.migrate(urls.postgres, set.folder)
  const database = openDatabase(urls.postgres, { poolSize: 4, applicationName: 'fanfare chaos' })
  await subject.prepare(database)
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
  subject: Subject
}

/** How a process of the system is started, by its name; each has its own way to the services, for all its lives. */
function planner({ network, mail, apiUrl, gatewayUrl, subject }: Surroundings) {
  const ways = new Map<string, Promise<Record<string, string>>>()
  const shared = {
    SMTP_URL: mail.url,
    PAYMENT_GATEWAY_URL: gatewayUrl,
    PORT: new URL(apiUrl).port,
    RETRY_DELAYS,
    DATABASE_POOL: '5',
    MESSAGING_NAMESPACE: subject.namespace,
    ...subject.settings,
  }
  return async (name: string, folder: string, env: Readonly<Record<string, string>> = {}): Promise<MemberPlan> => {
    if (!ways.has(name)) ways.set(name, network.connect(name))
    const { role, run, ready } = subject.member(name)
    const [file = '', ...args] = run
    const settings = { ...shared, ...(await ways.get(name)), ...env }
    return { name, role, ready, ...programOf([path.join(folder, file), ...args], settings) }
  }
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
