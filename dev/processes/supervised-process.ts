import path from 'node:path'
import type { Writable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import type { Exit } from './how-ended.ts'
import { startProcess, type ProcessPlan, type RunningProcess } from './process.ts'

/** A process that ended although nobody had asked it to. */
export interface UnwantedEnd extends Exit {
  name: string
  /** False when it ended before it worked, as when the database was away at its start. */
  wasReady: boolean
  lastWords: string
  /** Milliseconds until it is started again. */
  againInMs: number
}

export interface Supervision {
  /** Folder for notes of what runs, so that a later run can end what a killed one left behind. */
  pids: string
  /** Receives the output of a process, over all its lives; it is ended with the process. */
  openLog: (name: string) => Writable
  /** Pause before a process is started again, by how often in a row it ended. @default 500 ms */
  restartMs?: (failures: number) => number
  /** Ended so often without having worked, a process is given up: `ready` rejects. @default never */
  hopelessAfter?: number
  onUnwantedEnd?: (end: UnwantedEnd) => void
  /** It works again, so many milliseconds after it had ended or was restarted. */
  onRecovery?: (name: string, awayMs: number) => void
  onLine?: (name: string, line: string, from: 'stdout' | 'stderr') => void
}

/** A process that ran this long has recovered: its next restart is quick again. */
const STABLE_MS = 30_000
const RESTART_MS = 500
const GRACE_MS = 12_000

/** A process that is started again whenever it ends without having been told to. */
export class SupervisedProcess<Plan extends ProcessPlan = ProcessPlan> {
  readonly plan: Plan
  /** Settles when the process works for the first time, or is given up. */
  readonly ready: Promise<void>
  /** Settles when it has said anything: then it has loaded what it consists of. Or when it has ended. */
  readonly spoken: Promise<void>
  readonly #supervision: Supervision
  readonly #log: Writable
  #settle = { resolve: () => {}, reject: (_: Error) => {} }
  #hasSpoken = () => {}
  #life: RunningProcess
  #startedAt = 0
  /** Since when it does not work, once it has worked. */
  #awaySince: number | undefined
  #works = false
  #killed = false
  #stopping = false
  #failures = 0
  #restart: NodeJS.Timeout | undefined

  constructor(plan: Plan, supervision: Supervision) {
    this.plan = plan
    this.#supervision = supervision
    this.#log = supervision.openLog(plan.name)
    this.ready = new Promise((resolve, reject) => (this.#settle = { resolve, reject }))
    this.ready.catch(() => {}) // told to whoever waits for it
    this.spoken = new Promise((resolve) => (this.#hasSpoken = resolve))
    this.#life = this.#start()
  }

  get pid(): number {
    return this.#life.pid
  }

  /** The end of what it has said in this life. */
  output(): string {
    return this.#life.output()
  }

  signal(signal: NodeJS.Signals): void {
    this.#life.signal(signal)
  }

  /** True from a kill until the new life. */
  get isKilled(): boolean {
    return this.#killed
  }

  /** kill -9, and a new life after `awayMs`. */
  async kill(awayMs: number): Promise<void> {
    this.#killed = true
    this.#isAway()
    this.#life.signal('SIGKILL')
    await this.#life.exited
    await wait(awayMs)
    if (!this.#stopping) this.#life = this.#start()
  }

  /** SIGTERM and a new life; at once if it waits for one. What a start that is under way already loads is as new. */
  async restart(): Promise<void> {
    if (this.#killed || this.#stopping) return
    this.#killed = true
    this.#failures = 0
    this.#isAway()
    clearTimeout(this.#restart)
    if (this.#life.isRunning) await this.#life.stop(GRACE_MS)
    if (!this.#stopping) this.#life = this.#start()
  }

  /** Ends it for good: SIGTERM, and SIGKILL when it has not ended after 12 seconds. */
  async stop(): Promise<void> {
    this.#end()
    if (this.#life.isRunning) await this.#life.stop(GRACE_MS)
    this.#log.end()
  }

  /** SIGKILL, for good. */
  abandon(): void {
    this.#end()
    this.#life.signal('SIGKILL')
  }

  #end(): void {
    this.#stopping = true
    clearTimeout(this.#restart)
  }

  #start(): RunningProcess {
    const { name, ready } = this.plan
    this.#killed = false
    this.#works = false
    this.#startedAt = Date.now()
    const life = startProcess(this.plan, {
      log: this.#log,
      pidFile: path.join(this.#supervision.pids, name.replaceAll(' ', '-')),
      onLine: (line, from) => {
        this.#hasSpoken()
        if (ready !== undefined && line.includes(ready)) this.#isReady()
        this.#supervision.onLine?.(name, line, from)
      },
    })
    if (ready === undefined) this.#isReady()
    void life.exited.then((exit) => this.#ended(life, exit))
    return life
  }

  #isAway(): void {
    if (this.#works) this.#awaySince ??= performance.now()
  }

  #isReady(): void {
    if (this.#awaySince !== undefined)
      this.#supervision.onRecovery?.(this.plan.name, performance.now() - this.#awaySince)
    this.#awaySince = undefined
    this.#works = true
    this.#settle.resolve()
  }

  #ended(life: RunningProcess, exit: Exit): void {
    this.#hasSpoken()
    if (this.#killed || this.#stopping) return
    this.#isAway()
    const { name } = this.plan
    const { restartMs, hopelessAfter, onUnwantedEnd } = this.#supervision
    if (Date.now() - this.#startedAt > STABLE_MS) this.#failures = 0
    this.#failures++
    const lastWords = life.output().trim().split('\n').at(-1) ?? ''
    if (this.#failures === hopelessAfter) this.#settle.reject(new Error(`${name} does not start: ${lastWords}`))
    const againInMs = restartMs?.(this.#failures) ?? RESTART_MS
    onUnwantedEnd?.({ name, wasReady: this.#works, lastWords, againInMs, ...exit })
    this.#restart = setTimeout(() => (this.#life = this.#start()), againInMs)
  }
}
