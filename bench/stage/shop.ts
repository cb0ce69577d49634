import path from 'node:path'
import { findReactions } from '#messaging'
import { isFree, PROJECT, waitFor } from '../../dev/services/index.ts'
import { planWorkers } from '../../dev/start/plan.ts'
import { TYPESCRIPT } from '../../dev/processes/typescript.ts'
import { API, paymentGateway, systemProcesses } from '../../dev/start/processes.ts'
import { removeNamespace } from './broker.ts'
import type { BenchDatabase } from './databases.ts'
import type { Running } from './process.ts'
import type { Stage } from './stage.ts'

/** What our processes are told, whichever they are. */
export function environment(stage: Stage, database: BenchDatabase, namespace: string): Record<string, string> {
  return {
    DATABASE_URL: database.url,
    RABBITMQ_URL: stage.urls.rabbitmq,
    REDIS_URL: stage.urls.redis,
    MESSAGING_NAMESPACE: namespace,
  }
}

/** One API process, ready to answer. */
export async function startApi(
  stage: Stage,
  database: BenchDatabase,
  name = 'api',
): Promise<{ process: Running; port: number }> {
  const port = await freePort()
  const env = { ...environment(stage, database, stage.namespace('api')), PORT: String(port) }
  return { process: await stage.start({ name, args: API, env, ready: 'listening on' }), port }
}

/** The payment sandbox. @returns its URL */
export async function startGateway(stage: Stage): Promise<string> {
  await stage.set.choosePort('gateway')
  const { name, args, env } = paymentGateway(stage.set)
  await stage.start({ name, args, ...(env && { env }), ready: 'payment gateway on', foreign: true })
  return `http://127.0.0.1:${stage.set.port('gateway')}`
}

const mailSink = ({ set }: Stage) => ({
  name: 'mail',
  args: [...TYPESCRIPT, 'bench/processes/mail-sink.ts'],
  env: { SMTP_PORT: String(set.port('smtp')) },
  ready: 'accepting mail',
})

export interface ShopOptions {
  /** Leaves out the mail server and the reaction that mails. */
  withoutMail: boolean
  /** Settings of every process, beside its URLs. */
  env?: Record<string, string>
  /** Tells several shops of one stage apart. @default 'shop' */
  label?: string
  /** Every process of ours serves its metrics, and collects its garbage at SIGWINCH. */
  observed?: boolean
}

export interface Shop {
  port: number
  /** Prefix of its names on the broker. */
  namespace: string
  processes: readonly Running[]
  /** Where our own processes serve their metrics, by name; empty unless they are observed. */
  metrics: Record<string, string>
  stop(): Promise<void>
}

/** Every process that `npm start` runs, with a mail server that keeps nothing, on a database of its own. */
export async function startShop(
  stage: Stage,
  database: BenchDatabase,
  { withoutMail, env: settings, label = 'shop', observed = false }: ShopOptions,
): Promise<Shop> {
  const namespace = stage.namespace(label)
  for (const name of ['smtp', 'gateway'] as const) await stage.set.choosePort(name)
  const surroundings = {
    urls: { ...stage.urls, postgres: database.url },
    smtpUrl: `smtp://127.0.0.1:${stage.set.port('smtp')}`,
    gatewayUrl: `http://127.0.0.1:${stage.set.port('gateway')}`,
    port: await freePort(),
  }
  const found = findReactions(path.join(PROJECT, 'workers'))
  const reactions = found.filter((reaction) => !withoutMail || !isMail(reaction))
  const around = [...(withoutMail ? [] : [mailSink(stage)]), paymentGateway(stage.set)]
  const own = systemProcesses(planWorkers(reactions, new Map()), surroundings)
  const ports: Record<string, number> = {}
  if (observed) for (const { name } of own) ports[name] = name === 'api' ? surroundings.port : await freePort()
  const processes = await Promise.all(
    [...around, ...own].map(({ name, args, env, ready }) =>
      stage.start({
        name,
        args: ports[name] === undefined ? args : [...COLLECTING, ...args],
        env: { ...env, MESSAGING_NAMESPACE: namespace, METRICS_PORT: String(ports[name] ?? 0), ...settings },
        ...(ready && { ready }),
        foreign: around.some((one) => one.name === name),
      }),
    ),
  )
  const url = `http://127.0.0.1:${surroundings.port}/readyz`
  if (!(await waitFor(async () => (await fetch(url)).ok, 60))) throw new Error('the API was not ready after 60 s')
  const stop = async () => {
    await Promise.all(processes.map((process) => process.stop()))
    await removeNamespace(stage, database, namespace)
  }
  const metrics = Object.fromEntries(
    Object.entries(ports).map(([name, port]) => [name, `http://127.0.0.1:${port}/metrics`]),
  )
  return { port: surroundings.port, namespace, processes, metrics, stop }
}

const COLLECTING = ['--expose-gc', '--import', path.join(PROJECT, 'bench/stage/collect.mjs')]

export const isMail = ({ name }: { name: string }) => name.startsWith('notification.')

export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    if (await isFree(port)) return port
  }
}
