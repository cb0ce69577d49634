import path from 'node:path'
import { findReactions } from '#messaging'
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

/** Every process that `npm start` runs, with a mail server that keeps nothing, on this database. @returns the port of its API */
export async function startSystem(environment: Environment, database: BenchDatabase): Promise<number> {
  const { set, urls, program } = environment
  const namespace = environment.namespace('system')
  environment.onReset(() => removeNamespace(environment, database, namespace))
  for (const name of ['smtp', 'gateway'] as const) await set.choosePort(name)
  const port = await freePort()
  const surroundings = {
    urls: { ...urls, postgres: database.url },
    smtpUrl: `smtp://127.0.0.1:${set.port('smtp')}`,
    gatewayUrl: `http://127.0.0.1:${set.port('gateway')}`,
    port,
  }
  const own = systemProcesses(planWorkers(findReactions(WORKERS), new Map()), surroundings, program)
  await Promise.all(
    [mailSink(environment), paymentGateway(set, program), ...own].map((plan) =>
      environment.start({ ...plan, env: { ...settingsOf(environment, database, namespace), ...plan.env } }),
    ),
  )
  return port
}

const mailSink = ({ set }: Environment) => ({
  name: 'mail',
  args: [...TYPESCRIPT, 'bench/environment/mail-sink.ts'],
  env: { SMTP_PORT: String(set.port('smtp')) },
  ready: 'accepting mail',
})

async function freePort(port = 20_000 + Math.floor(Math.random() * 10_000)): Promise<number> {
  return (await isFree(port)) ? port : freePort()
}
