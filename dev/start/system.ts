import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import {
  isFree,
  migrate,
  PROJECT,
  provideServices,
  SetupError,
  stopLeftovers,
  waitFor,
  type InstanceSet,
  type Provided,
  type ServiceName,
} from '../services/index.ts'
import type { WorkerProcess } from './plan.ts'
import { say } from '../../src/cli/terminal/output.ts'
import type { ProcessPlan } from '../processes/process.ts'
import { createSupervisor, type Supervisor } from '../processes/supervisor.ts'
import { TYPESCRIPT } from '../processes/typescript.ts'
import { LOGS, openLog, showLine, tellEnd } from './console.ts'
import { environment, mailCatcher, paymentGateway, systemProcesses, type Surroundings } from './processes.ts'

const SEED = 'prisma/seed.ts'

const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 30_000
/** Ended so often without having worked, a process has a reason that another start does not cure. */
const HOPELESS = 3

/** Everything that `npm start` runs: the services, what stands around the system, and the system. */
export class System {
  readonly api: string
  readonly isProduction = process.env['NODE_ENV'] === 'production'
  readonly #set: InstanceSet
  readonly #port: number
  readonly #processes: Supervisor
  /** Names of our own processes, in the order in which they stop; what they need stops after them. */
  #own: string[] = []
  #services: Promise<Provided> | undefined
  #stopping = false

  constructor(set: InstanceSet, port: number) {
    this.#set = set
    this.#port = port
    this.api = `http://127.0.0.1:${port}`
    this.#processes = createSupervisor({
      pids: this.#pids,
      openLog,
      onLine: showLine,
      onUnwantedEnd: tellEnd,
      restartMs: (failures) => Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), LONGEST_DELAY_MS),
      hopelessAfter: HOPELESS,
    })
  }

  /** Resolves when the API and every worker are ready; rejects when stopped before. @throws SetupError saying what to do */
  async start(workers: WorkerProcess[]): Promise<void> {
    await stopLeftovers(this.#pids)
    await this.#expectFreePort()
    for (const name of ['smtp', 'mail', 'gateway'] as const) await this.#set.choosePort(name)
    if (!process.env['SMTP_URL']) this.#run(mailCatcher(this.#set))
    if (!process.env['PAYMENT_GATEWAY_URL']) this.#run(paymentGateway(this.#set))
    this.#unlessStopping()
    this.#services = provideServices(this.#set, say, {
      onAnswer: (name, url) => this.#prepareDatabase(name, url),
    })
    const { urls } = await this.#services
    this.#own = systemProcesses(workers, { urls, ...this.#surroundings() }).map((plan) => this.#run(plan))
    await this.#untilReady()
    await this.#untilApiAnswers()
  }

  /** What a person may want to open. */
  places(): [what: string, where: string][] {
    const { smtpUrl, gatewayUrl } = this.#surroundings()
    return [
      ['API', `${this.api}  (Authorization: Bearer fanfare_demo)`],
      ['API docs', `${this.api}/docs`],
      ['Mail', process.env['SMTP_URL'] ? smtpUrl : `http://127.0.0.1:${this.#set.port('mail')}`],
      ['Gateway', gatewayUrl],
      ['Services', 'npm run services -- status; npm run services -- up prints their URLs'],
      ...this.#managementPage(),
    ]
  }

  async stop(): Promise<void> {
    this.#stopping = true
    const [api, ...others] = this.#own
    if (api) await this.#processes.stop(api)
    if (others.length > 0) await this.#processes.stop(...others)
    await this.#processes.stop()
    await this.#services?.then(({ release }) => release()).catch(() => {})
  }

  /** For someone who does not want to wait: our processes are ended hard; the services go on running. */
  abandon(): never {
    this.#processes.abandon()
    process.exit(1)
  }

  /** Whatever began after `stop` has looked around would outlive us. */
  #unlessStopping(): void {
    if (this.#stopping) throw new SetupError('It was stopped before it was up.')
  }

  /** @returns its name */
  #run(plan: ProcessPlan): string {
    this.#unlessStopping()
    this.#processes.start({ ...plan, env: { ...process.env, ...plan.env } })
    return plan.name
  }

  async #untilReady(): Promise<void> {
    await this.#processes.ready().catch((error: Error) => {
      throw new SetupError(`${error.message} (its log is in ${LOGS})`, { cause: error })
    })
  }

  get #pids(): string {
    return path.join(this.#set.folder, 'processes')
  }

  #surroundings(): Omit<Surroundings, 'urls'> {
    return {
      smtpUrl: process.env['SMTP_URL'] || `smtp://127.0.0.1:${this.#set.port('smtp')}`,
      gatewayUrl: process.env['PAYMENT_GATEWAY_URL'] || `http://127.0.0.1:${this.#set.port('gateway')}`,
      port: this.#port,
    }
  }

  async #expectFreePort(): Promise<void> {
    if ((await isFree(this.#port)) && (await isFree(this.#port, '127.0.0.1'))) return
    const other = this.#port + 1
    throw new SetupError(`Port ${this.#port} is in use by another program: stop that, or PORT=${other} npm start.`)
  }

  /** Begins as soon as PostgreSQL answers, while the others still start. */
  async #prepareDatabase(name: ServiceName, url: string): Promise<void> {
    if (name !== 'postgres') return
    const changed = await migrate(process.env['DATABASE_DIRECT_URL'] || url)
    const seed = createHash('sha256')
      .update(url)
      .update(readFileSync(path.join(PROJECT, SEED)))
      .digest('hex')
    if (this.isProduction || (!changed && this.#set.state.seed === seed)) return
    await this.#seed(url)
    this.#set.state.seed = seed
    this.#set.save()
  }

  #managementPage(): [what: string, where: string][] {
    const { secret, ports } = this.#set.state
    if (process.env['RABBITMQ_URL'] || ports.rabbitmqManagement === undefined) return []
    return [['RabbitMQ', `http://127.0.0.1:${ports.rabbitmqManagement}  (fanfare, ${secret})`]]
  }

  #seed(url: string): Promise<void> {
    const urls = { postgres: url, rabbitmq: 'amqp://127.0.0.1', redis: 'redis://127.0.0.1' } // it needs only the first
    const env = { ...process.env, ...environment({ urls, ...this.#surroundings() }) }
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [...TYPESCRIPT, SEED], { cwd: PROJECT, env })
      let said = ''
      for (const output of [child.stdout, child.stderr])
        output.on('data', (chunk: Buffer) => (said += chunk.toString()))
      child.on('close', (code) => (code === 0 ? resolve() : reject(new SetupError(`The seed failed: ${said.trim()}`))))
    })
  }

  async #untilApiAnswers(): Promise<void> {
    const answers = async () => (await fetch(`${this.api}/readyz`)).ok
    if (!(await waitFor(answers, 60)))
      throw new SetupError('The API was not ready after 60 s; see .fanfare/logs/api.log.')
  }
}
