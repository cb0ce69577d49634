import path from 'node:path'
import { PROJECT, type InstanceSet, type ServiceUrls } from '../services/index.ts'
import type { WorkerProcess } from './plan.ts'
import type { ProcessPlan } from '../processes/process.ts'
import { fromSource, type Program } from '../processes/compiled.ts'

/** What our own processes are told; a URL that was given is used as it is. */
export interface Surroundings {
  urls: ServiceUrls
  smtpUrl: string
  gatewayUrl: string
  /** @default nobody is texted */
  smsUrl?: string
  port: number
  /** The built console. @default console/dist */
  consoleFolder?: string
  /** First of the ports at which the processes serve their metrics. @default they do not */
  metricsPort?: number
}

/** Each order makes some hundred kilobytes of short-lived objects: with room for them they are collected at a third of the cost. */
export const apiFrom = (program: Program) => ['--max-semi-space-size=64', ...program('src/main/api.ts')]

/** Catches every mail that the system sends, and shows it on a page. Without the flag it takes 40 to 70 MB more. */
export function mailCatcher(set: InstanceSet): ProcessPlan {
  const program = path.join(PROJECT, 'node_modules/maildev/dist/bin/maildev.js')
  const smtp = ['--smtp', String(set.port('smtp')), '--ip', '127.0.0.1']
  const page = ['--web', String(set.port('mail')), '--web-ip', '127.0.0.1']
  return {
    name: 'mail',
    args: [
      '--optimize-for-size',
      program,
      ...smtp,
      ...page,
      '--silent',
      '--mail-directory',
      path.join(set.folder, 'mail'),
    ],
  }
}

/** The payment gateway of the sandbox; its journal keeps what it has promised. */
export function paymentGateway(set: InstanceSet, program = fromSource): ProcessPlan {
  const env = { GATEWAY_PORT: String(set.port('gateway')), GATEWAY_DATA: path.join(set.folder, 'gateway') }
  return { name: 'gateway', args: program('sandbox/payment-gateway/main.ts'), env }
}

/** The system itself, in the order in which it is stopped: nothing new comes in, then nothing more goes round. */
export function systemProcesses(
  workers: WorkerProcess[],
  surroundings: Surroundings,
  program = fromSource,
): ProcessPlan[] {
  const env = { ...environment(surroundings), METRICS_PORT: '0' }
  const run = (file: string, ...args: string[]) => program(`src/main/${file}.ts`, ...args)
  const plans: ProcessPlan[] = [
    { name: 'api', args: apiFrom(program), ready: 'listening on' },
    { name: 'scheduler', args: run('scheduler') },
    { name: 'relay', args: run('relay') },
    ...workers.map((worker) => ({
      name: worker.name,
      args: run('worker', ...worker.reactions),
      ready: 'reacting',
      env: poolOf(worker),
    })),
  ]
  const { metricsPort } = surroundings
  return plans.map((plan, i) => ({
    ...plan,
    env: { ...env, ...plan.env, ...(metricsPort !== undefined && { METRICS_PORT: String(metricsPort + i) }) },
  }))
}

const poolOf = ({ connections }: WorkerProcess): NodeJS.ProcessEnv =>
  connections === undefined || process.env['DATABASE_POOL'] ? {} : { DATABASE_POOL: String(connections) }

function environment({ urls, smtpUrl, gatewayUrl, smsUrl, port, consoleFolder }: Surroundings): NodeJS.ProcessEnv {
  return {
    DATABASE_URL: urls.postgres,
    RABBITMQ_URL: urls.rabbitmq,
    REDIS_URL: urls.redis,
    SMTP_URL: smtpUrl,
    PAYMENT_GATEWAY_URL: gatewayUrl,
    ...(smsUrl !== undefined && { SMS_URL: smsUrl }),
    PORT: String(port),
    WEBHOOK_TARGETS: process.env['WEBHOOK_TARGETS'] ?? 'any', // whoever tries them listens on this machine
    ...(consoleFolder !== undefined && { CONSOLE_FOLDER: consoleFolder }),
    PUBLIC_URL: process.env['PUBLIC_URL'] ?? `http://127.0.0.1:${port}`,
  }
}
