import { availableParallelism } from 'node:os'
import path from 'node:path'
import { issueLink } from '../../src/api/console/sessions.ts'
import { say } from '../../src/cli/terminal/output.ts'
import { openDatabase } from '../../src/platform/database.ts'
import { startSms, type RunningSms } from '../../sandbox/sms/server.ts'
import { buildConsole } from '../console/build.ts'
import { compile, fromSource, type Program } from '../processes/compiled.ts'
import type { ProcessPlan } from '../processes/process.ts'
import { createSupervisor, type Supervisor } from '../processes/supervisor.ts'
import { isFree, SetupError, stopLeftovers, waitFor, type InstanceSet, type ServiceUrls } from '../services/index.ts'
import { Console, LOGS, openLog } from './console.ts'
import { placesOf } from './places.ts'
import type { WorkerProcess } from './plan.ts'
import { mailCatcher, paymentGateway, systemProcesses, type Surroundings } from './processes.ts'
import { SystemServices } from './services.ts'
import type { Steps } from './steps.ts'
import { affectedBy } from './watch/affected.ts'
import { replan } from './watch/replan.ts'
import { tellChange } from './watch/tell-change.ts'
import { watchSources } from './watch/watch-sources.ts'

const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 30_000
/** Ended so often without having worked, a process has a reason that another start does not cure. */
const HOPELESS = 3

interface Watched {
  workers: readonly WorkerProcess[]
  urls: Surroundings['urls']
  program: Program
  replanned: () => WorkerProcess[]
}

/** Everything that `npm start` runs: the services, what stands around the system, and the system. */
export class System {
  readonly api: string
  readonly isProduction = process.env['NODE_ENV'] === 'production'
  readonly #set: InstanceSet
  readonly #port: number
  readonly #metricsPort: number | undefined
  readonly #console = new Console()
  readonly #stopping = new AbortController()
  readonly #processes: Supervisor
  readonly #services: SystemServices
  /** Names of our own processes, in the order in which they stop; what they need stops after them. */
  #own: string[] = []
  #endWatch = () => {}
  #urls: ServiceUrls | undefined
  #sms: RunningSms | undefined
  #consoleFolder = ''

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
      onRecovery: (name, awayMs) => this.#console.worksAgain(name, awayMs),
      restartMs: (failures) => Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), LONGEST_DELAY_MS),
      hopelessAfter: HOPELESS,
    })
    const { isProduction } = this
    this.#services = new SystemServices({
      set,
      isProduction,
      console: this.#console,
      signal: this.#stopping.signal,
      onFailure: (error) => this.#stopping.abort(error), // nothing is started beside services that end
    })
  }

  /**
   * Resolves when the API and every worker are ready; rejects when stopped before. With `watch`, which plans the workers anew, the
   * sources run as they are: a process starts again when one of its own changes, and a new folder of workers/ gets one.
   * @throws SetupError saying what to do
   */
  async start(
    workers: WorkerProcess[],
    steps: Steps,
    { watch }: { watch?: () => WorkerProcess[] } = {},
  ): Promise<void> {
    await stopLeftovers(this.#pids)
    await this.#expectFreePort()
    for (const name of ['smtp', 'mail', 'gateway', 'sms'] as const) await this.#set.choosePort(name)
    this.#unlessStopping()
    if (!process.env['SMS_URL']) this.#sms = await startSms({ port: this.#set.port('sms') })
    if (!process.env['SMTP_URL']) this.#run(mailCatcher(this.#set))
    this.#unlessStopping()
    const compiled = watch ? this.#fromSource() : this.#compile(steps)
    const { known, answering } = this.#services.start(steps)
    const [program, urls, consoleFolder] = await Promise.all([compiled, known, buildConsole(this.#stopping.signal)])
    this.#urls = urls
    this.#consoleFolder = consoleFolder
    const plans = systemProcesses(workers, { urls, ...this.#surroundings() }, program)
    steps.tell(`starting ${plans.length} processes`)
    steps.begin('the API', ...workers.map(({ name }) => name))
    const started = this.#runInTurns(plans, answering).then(() => this.#untilReady(workers, steps))
    await Promise.all([answering, started, this.#untilApiAnswers(steps)])
    await this.#services.watch()
    if (watch) this.#watchSources({ workers, urls, program, replanned: watch })
  }

  /** What a person may want to open. */
  places(): [what: string, where: string][] {
    return placesOf(this.#set, this.#surroundings(), this.#own)
  }

  /** The console, with what signs a browser in: it holds once, for ten minutes. In production `fanfare console` gives it. */
  async consolePlace(): Promise<string> {
    if (this.isProduction) return `${this.api}/console`
    const { db, close } = openDatabase(this.#urls!.postgres, { poolSize: 1, applicationName: 'npm start' })
    try {
      return `${this.api}/console/#sign-in=${await issueLink(db, 'npm start')}`
    } finally {
      await close()
    }
  }

  /** @returns a sentence about services that keep running, if they do */
  async stop(): Promise<string | undefined> {
    this.#stopping.abort(new SetupError('It was stopped before it was up.'))
    this.#console.close()
    this.#endWatch()
    await this.#services.endWatch()
    const [api, ...others] = this.#own
    if (api) await this.#processes.stop(api)
    if (others.length > 0) await this.#processes.stop(...others)
    await this.#processes.stop()
    await this.#sms?.close()
    return this.#services.release()
  }

  /** For someone who does not want to wait: our processes are ended hard; the services go on running. */
  abandon(): never {
    this.#processes.abandon()
    say('Ended at once. The services may still run: npm run services -- down stops them.')
    process.exit(1)
  }

  async #fromSource(): Promise<Program> {
    if (!process.env['PAYMENT_GATEWAY_URL']) this.#run(paymentGateway(this.#set))
    return fromSource
  }

  async #compile(steps: Steps): Promise<Program> {
    steps.begin('the sources')
    const program = await compile(this.#stopping.signal)
    if (!process.env['PAYMENT_GATEWAY_URL']) this.#run(paymentGateway(this.#set, program))
    steps.done('the sources', 'the sources are compiled')
    return program
  }

  /** Runs the sources as they have become: processes that may have loaded a change start again, workers come and go. */
  #watchSources({ workers, urls, program, replanned }: Watched): void {
    const others = this.#own.filter((name) => !workers.some((worker) => worker.name === name))
    let known: readonly WorkerProcess[] = workers
    this.#endWatch = watchSources((files) => {
      const names = new Set(this.#own)
      const next = replan(known, names, replanned())
      known = next.workers
      const stay = known.filter(({ name }) => names.has(name) && !next.end.includes(name))
      const restarted = affectedBy(files, [...others.map((name) => ({ name })), ...stay])
      const begin = next.begin.map(({ name }) => name)
      tellChange(files, { again: restarted, begin, end: next.end.filter((name) => !begin.includes(name)) })
      for (const name of restarted) void this.#processes.restart(name)
      const plans = systemProcesses([...known], { urls, ...this.#surroundings() }, program)
      void this.#exchange(
        next.end,
        plans.filter(({ name }) => begin.includes(name)),
      )
    })
  }

  async #exchange(end: readonly string[], begin: readonly ProcessPlan[]): Promise<void> {
    this.#own = this.#own.filter((name) => !end.includes(name))
    if (end.length > 0) await this.#processes.stop(...end)
    for (const plan of begin) {
      if (this.#stopping.signal.aborted) return
      this.#own.push(this.#run(plan))
      this.#processes.untilReady(plan.name).then(
        () => this.#console.works(plan.name),
        () => {},
      ) // its end is told
    }
  }

  /**
   * While the services still start, one for each processor that is left begins when the one before it has loaded. All at once
   * would take turns with RabbitMQ, which needs seconds of a processor, and everything would wait for that.
   */
  async #runInTurns(plans: readonly ProcessPlan[], answering: Promise<unknown>): Promise<void> {
    const waiting = [...plans]
    const runNext = async () => {
      for (let plan = waiting.shift(); plan; plan = waiting.shift()) {
        this.#own.push(this.#run(plan))
        await Promise.race([this.#processes.untilSpoken(plan.name), answering])
      }
    }
    await Promise.all(Array.from({ length: Math.max(1, availableParallelism() - 1) }, runNext))
  }

  /** @returns its name */
  #run(plan: ProcessPlan): string {
    this.#unlessStopping()
    this.#processes.start({ ...plan, env: { ...process.env, ...plan.env } })
    return plan.name
  }

  /** Whatever began after `stop` has looked around would outlive us. */
  #unlessStopping(): void {
    this.#stopping.signal.throwIfAborted()
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

  async #untilApiAnswers(steps: Steps): Promise<void> {
    const answers = async () => (await fetch(`${this.api}/readyz`)).ok
    if (!(await waitFor(answers, 60, this.#stopping.signal)))
      throw new SetupError(`The API was not ready after 60 s; see ${path.join(LOGS, 'api.log')}.`)
    steps.done('the API', 'the API answers')
  }

  get #pids(): string {
    return path.join(this.#set.folder, 'processes')
  }

  #surroundings(): Omit<Surroundings, 'urls'> {
    return {
      smtpUrl: process.env['SMTP_URL'] || `smtp://127.0.0.1:${this.#set.port('smtp')}`,
      gatewayUrl: process.env['PAYMENT_GATEWAY_URL'] || `http://127.0.0.1:${this.#set.port('gateway')}`,
      smsUrl: process.env['SMS_URL'] || `http://127.0.0.1:${this.#set.port('sms')}/v1/messages`,
      port: this.#port,
      consoleFolder: this.#consoleFolder,
      ...(this.#metricsPort !== undefined && { metricsPort: this.#metricsPort }),
    }
  }

  async #expectFreePort(): Promise<void> {
    if ((await isFree(this.#port)) && (await isFree(this.#port, '127.0.0.1'))) return
    const other = this.#port + 1
    throw new SetupError(`Port ${this.#port} is in use by another program: stop that, or PORT=${other} npm start.`)
  }
}
