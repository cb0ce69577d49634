import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { findReactions } from '#messaging'
import type { ProcessPlan } from '../../dev/processes/process.ts'
import { TYPESCRIPT } from '../../dev/processes/typescript.ts'
import { isFree, PROJECT } from '../../dev/services/index.ts'
import { planWorkers } from '../../dev/start/plan.ts'
import { apiFrom, paymentGateway, systemProcesses } from '../../dev/start/processes.ts'
import type { BenchDatabase } from './databases.ts'
import type { Environment } from './environment.ts'
import { removeNamespace } from './messaging.ts'

export const WORKERS = path.join(PROJECT, 'workers')

/** What our processes are told, whichever they are. */
export const settingsOf = ({ urls }: Environment, database: BenchDatabase, namespace: string) => ({
  ...process.env,
  DATABASE_URL: database.url,
  RABBITMQ_URL: urls.rabbitmq,
  REDIS_URL: urls.redis,
  MESSAGING_NAMESPACE: namespace,
  METRICS_PORT: '0',
  RATE_PER_CLIENT: '1000000', // one client is many customers here
})

/** One API process. @returns its port */
export async function startApi(environment: Environment, database: BenchDatabase): Promise<number> {
  const port = await freePort()
  const env = { ...settingsOf(environment, database, environment.namespace('api')), PORT: String(port) }
  await environment.start({ name: 'api', args: apiFrom(environment.program), env, ready: 'listening on' })
  return port
}

/** How a system differs from the one that `npm start` runs. */
export interface Variant {
  /** Names of processes that are left out. */
  without?: readonly string[]
  /** More variables for every process. */
  settings?: NodeJS.ProcessEnv
  /** Every process serves its metrics. @default none does */
  metrics?: boolean
}

export interface RunningSystem {
  /** Of its API. */
  port: number
  metricsPorts: readonly number[]
  /** Its processes, with the mail server and the gateway. */
  pids: readonly number[]
}

/** Every process that `npm start` runs, with a mail server that keeps nothing, on this database. Several may run at once. */
export async function startSystem(
  environment: Environment,
  database: BenchDatabase,
  { without = [], settings = {}, metrics = false }: Variant = {},
): Promise<RunningSystem> {
  const { set, urls, program } = environment
  const namespace = environment.namespace(`system-${randomBytes(3).toString('hex')}`)
  environment.onReset(() => removeNamespace(environment, database, namespace))
  for (const name of ['smtp', 'gateway'] as const) await set.choosePort(name)
  const port = await freePort()
  const workers = planWorkers(findReactions(WORKERS), new Map())
  const surroundings = {
    urls: { ...urls, postgres: database.url },
    smtpUrl: `smtp://127.0.0.1:${set.port('smtp')}`,
    gatewayUrl: `http://127.0.0.1:${set.port('gateway')}`,
    port,
    ...(metrics && { metricsPort: await freePorts(workers.length + 3) }),
  }
  const own = systemProcesses(workers, surroundings, program).filter(({ name }) => !without.includes(name))
  const env = { ...settingsOf(environment, database, namespace), ...settings }
  const running = await Promise.all(
    [mailSink(environment), gatewayOf(environment, namespace), ...own].map((plan) =>
      environment.start({ ...plan, env: { ...env, ...plan.env } }),
    ),
  )
  return {
    port,
    metricsPorts: metrics ? own.map(({ env }) => Number(env!['METRICS_PORT'])) : [],
    pids: running.map(({ pid }) => pid),
  }
}

/** Two of them cannot write one journal. */
function gatewayOf({ set, program }: Environment, namespace: string): ProcessPlan {
  const plan = paymentGateway(set, program)
  return { ...plan, env: { ...plan.env, GATEWAY_DATA: path.join(set.folder, 'gateway', namespace) } }
}

const mailSink = ({ set }: Environment) => ({
  name: 'mail',
  args: [...TYPESCRIPT, 'bench/environment/mail-sink.ts'],
  env: { SMTP_PORT: String(set.port('smtp')) },
  ready: 'accepting mail',
})

export async function freePort(port = 20_000 + Math.floor(Math.random() * 10_000)): Promise<number> {
  return (await isFree(port)) ? port : freePort()
}

/** @returns the first of so many free ports in a row */
async function freePorts(count: number): Promise<number> {
  const first = 30_000 + Math.floor(Math.random() * 2_000)
  const row = Array.from({ length: count }, (_, nth) => isFree(first + nth))
  return (await Promise.all(row)).every(Boolean) ? first : freePorts(count)
}
