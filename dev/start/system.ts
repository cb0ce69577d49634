import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import {
  isFree,
  migrate,
  PROJECT,
  provideServices,
  SERVICE_NAMES,
  SERVICES,
  SetupError,
  stopLeftovers,
  waitFor,
  watchServices,
  whyKept,
  type InstanceSet,
  type Provided,
  type ServiceName,
} from '../services/index.ts'
import type { WorkerProcess } from './plan.ts'
import { say } from '../../src/cli/terminal/output.ts'
import { compile, fromSource, type Program } from '../processes/compiled.ts'
import type { ProcessPlan } from '../processes/process.ts'
import { createSupervisor, type Supervisor } from '../processes/supervisor.ts'
import { runToEnd } from '../processes/run-to-end.ts'
import { TYPESCRIPT } from '../processes/typescript.ts'
import { Console, LOGS, openLog } from './console.ts'
import { environment, mailCatcher, paymentGateway, systemProcesses, type Surroundings } from './processes.ts'
import type { Steps } from './steps.ts'
import { affectedBy } from './watch/affected.ts'
import { watchSources } from './watch/watch-sources.ts'

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
  readonly #metricsPort: number | undefined
  readonly #processes: Supervisor
  readonly #console = new Console()
  readonly #stopping = new AbortController()
  /** Names of our own processes, in the order in which they stop; what they need stops after them. */
  #own: string[] = []
  #services: Promise<Provided> | undefined
  #watching = async () => {}
  #endWatch = () => {}

  /** @param metricsPort the first of the ports at which scheduler, relay and workers serve their metrics */
  constructor(set: InstanceSet, port: number, metricsPort?: number) {
    this.#set = set
    this.#port = port
    this.#metricsPort = metricsPort
    this.api = `http://127.0.0.1:${port}`
    this.#processes = createSupervisor({
      pids: this.#pids,
      openLog,
      onLine: (name, line, from) => this.#console.line(name, line, from),
      onUnwantedEnd: (end) => this.#console.ended(end),
      restartMs: (failures) => Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), LONGEST_DELAY_MS),
      hopelessAfter: HOPELESS,
    })
  }

  /**
   * Resolves when the API and every worker are ready; rejects when stopped before. With `watch` the sources run as they are, and a
   * process starts again when one of its own changes.
   * @throws SetupError saying what to do
   */
  async start(workers: WorkerProcess[], steps: Steps, { watch = false } = {}): Promise<void> {
    await stopLeftovers(this.#pids)
    await this.#expectFreePort()
    for (const name of ['smtp', 'mail', 'gateway'] as const) await this.#set.choosePort(name)
    if (!process.env['SMTP_URL']) this.#run(mailCatcher(this.#set))
    this.#unlessStopping()
    const compiled = watch ? this.#fromSource() : this.#compile(steps)
    const [program, { urls, origin }] = await Promise.all([compiled, this.#provide(steps)])
    const surroundings = { urls, ...this.#surroundings(), ...metricsFrom(this.#metricsPort) }
    const plans = systemProcesses(workers, surroundings, program)
    steps.tell(`starting ${plans.length} processes`)
    steps.begin('the API', ...workers.map(({ name }) => name))
    this.#own = plans.map((plan) => this.#run(plan))
    await Promise.all([this.#untilReady(workers, steps), this.#untilApiAnswers(steps)])
    this.#watch(SERVICE_NAMES.filter((name) => origin[name] === 'private'))
    if (watch) this.#watchSources(workers)
  }

  async #fromSource(): Promise<Program> {
    if (!process.env['PAYMENT_GATEWAY_URL']) this.#run(paymentGateway(this.#set))
    return fromSource
  }

  /** Starts those processes again that may have loaded what has changed. */
  #watchSources(workers: readonly WorkerProcess[]): void {
    const others = this.#own.filter((name) => !workers.some((worker) => worker.name === name))
    const processes = [...others.map((name) => ({ name })), ...workers]
    this.#endWatch = watchSources((files) => {
      const affected = affectedBy(files, processes)
      if (affected.length === 0) return
      say(
        `${files.slice(0, 3).join(', ')}${files.length > 3 ? ', …' : ''} changed: starting ${affected.join(', ')} again`,
      )
      for (const name of affected) void this.#processes.restart(name)
    })
  }

  async #compile(steps: Steps): Promise<Program> {
    steps.begin('the sources')
    const program = await compile(this.#stopping.signal)
    if (!process.env['PAYMENT_GATEWAY_URL']) this.#run(paymentGateway(this.#set, program))
    steps.done('the sources', 'the sources are compiled')
    return program
  }

  #provide(steps: Steps): Promise<Provided> {
    steps.tell('starting PostgreSQL, RabbitMQ and Redis')
    steps.begin(...SERVICE_NAMES.map((name) => SERVICES[name].title), 'the database')
    const say = (sentence: string) => steps.tell(sentence)
    this.#services = provideServices(this.#set, say, {
      signal: this.#stopping.signal,
      onAnswer: async (name, url) => {
        steps.done(SERVICES[name].title, `${SERVICES[name].title} answers`)
        if (name !== 'postgres') return
        const done = await this.#prepareDatabase(url)
        steps.done('the database', `the database is ${done}`)
      },
    })
    return this.#services
  }

  /** Services of our own that end are started again. */
  #watch(names: readonly ServiceName[]): void {
    this.#watching = watchServices(this.#set, names, {
      onDown: (name) => this.#console.serviceDown(SERVICES[name].title),
      onUp: (name) => this.#console.serviceUp(SERVICES[name].title),
      onFailure: (name, error) => say(`[${SERVICES[name].title}] does not start, and is tried again: ${error.message}`),
    })
  }

  /** What a person may want to open. */
  places(): [what: string, where: string][] {
    const { smtpUrl, gatewayUrl } = this.#surroundings()
    return [
      ['API', `${this.api}  (Authorization: Bearer fanfare_demo)`],
      ['API docs', `${this.api}/docs`],
      ['Mail', process.env['SMTP_URL'] ? smtpUrl : `http://127.0.0.1:${this.#set.port('mail')}`],
      ['Gateway', gatewayUrl],
      ['Services', 'npm run services -- status; npm run services -- urls prints their URLs'],
      ...this.#managementPage(),
      ...this.#metricsPages(),
    ]
  }

  /** @returns a sentence about services that keep running, if they do */
  async stop(): Promise<string | undefined> {
    this.#stopping.abort(new SetupError('It was stopped before it was up.'))
    this.#console.close()
    this.#endWatch()
    await this.#watching()
    const [api, ...others] = this.#own
    if (api) await this.#processes.stop(api)
    if (others.length > 0) await this.#processes.stop(...others)
    await this.#processes.stop()
    const provided = await this.#services?.catch(() => undefined)
    await provided?.release()
    const ours = SERVICE_NAMES.filter((name) => provided && provided.origin[name] !== 'environment')
    const why = whyKept(this.#set)
    if (ours.length === 0 || !why) return undefined
    return `${ours.map((name) => SERVICES[name].title).join(', ')} keep running: ${why}.`
  }

  /** For someone who does not want to wait: our processes are ended hard; the services go on running. */
  abandon(): never {
    this.#processes.abandon()
    say('Ended at once. The services may still run: npm run services -- down stops them.')
    process.exit(1)
  }

  /** Whatever began after `stop` has looked around would outlive us. */
  #unlessStopping(): void {
    this.#stopping.signal.throwIfAborted()
  }

  /** @returns its name */
  #run(plan: ProcessPlan): string {
    this.#unlessStopping()
    this.#processes.start({ ...plan, env: { ...process.env, ...plan.env } })
    return plan.name
  }

  async #untilReady(workers: readonly WorkerProcess[], steps: Steps): Promise<void> {
    await Promise.all(workers.map(({ name }) => this.#untilWorks(name, steps)))
    steps.tell(workers.length === 1 ? 'the worker process reacts' : `${workers.length} worker processes react`)
  }

  async #untilWorks(name: string, steps: Steps): Promise<void> {
    await this.#processes.untilReady(name).catch((error: Error) => {
      throw new SetupError(`${error.message} (its log is in ${LOGS})`, { cause: error })
    })
    steps.finish(name)
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

  /** Begins as soon as PostgreSQL answers, while the others still start. @returns what was done */
  async #prepareDatabase(url: string): Promise<string> {
    const changed = await migrate(process.env['DATABASE_DIRECT_URL'] || url)
    this.#unlessStopping()
    const seed = createHash('sha256')
      .update(url)
      .update(readFileSync(path.join(PROJECT, SEED)))
      .digest('hex')
    if (this.isProduction || (!changed && this.#set.state.seed === seed)) return changed ? 'migrated' : 'up to date'
    await this.#seed(url)
    this.#set.state.seed = seed
    this.#set.save()
    return changed ? 'migrated and seeded' : 'seeded'
  }

  #managementPage(): [what: string, where: string][] {
    const { secret, ports } = this.#set.state
    if (process.env['RABBITMQ_URL'] || ports.rabbitmqManagement === undefined) return []
    return [['RabbitMQ', `http://127.0.0.1:${ports.rabbitmqManagement}  (fanfare, ${secret})`]]
  }

  async #seed(url: string): Promise<void> {
    const urls = { postgres: url, rabbitmq: 'amqp://127.0.0.1', redis: 'redis://127.0.0.1' } // it needs only the first
    const env = { ...process.env, ...environment({ urls, ...this.#surroundings() }) }
    const { code, output } = await runToEnd(process.execPath, [...TYPESCRIPT, SEED], { cwd: PROJECT, env })
    if (code !== 0) throw new SetupError(`The seed failed: ${output.trim()}`)
  }

  async #untilApiAnswers(steps: Steps): Promise<void> {
    const answers = async () => (await fetch(`${this.api}/readyz`)).ok
    if (!(await waitFor(answers, 60, this.#stopping.signal)))
      throw new SetupError(`The API was not ready after 60 s; see ${path.join(LOGS, 'api.log')}.`)
    steps.done('the API', 'the API answers')
  }

  #metricsPages(): [what: string, where: string][] {
    if (this.#metricsPort === undefined) return []
    const at = this.#own.slice(1).map((name, i) => `${this.#metricsPort! + i} ${name}`)
    return [['Metrics', `${this.api}/metrics, and /metrics of ports ${at.join(', ')}`]]
  }
}

const metricsFrom = (port: number | undefined) => (port === undefined ? {} : { metricsPort: port })
