import { spawn, type ChildProcess } from 'node:child_process'
import type { WriteStream } from 'node:fs'
import path from 'node:path'
import { PROJECT, remember, SetupError } from '../services/index.ts'
import { followLog, LOGS, openLog } from './child-log.ts'
import { alarm } from './terminal.ts'

export interface ProcessPlan {
  name: string
  /** Arguments of node. */
  args: string[]
  env?: NodeJS.ProcessEnv
  /** The message in its log that says it works; without one it counts as ready once it runs. */
  readyMessage?: string
}

const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 30_000
/** Who ran this long has recovered: the next restart is quick again. */
const STABLE_MS = 30_000
const GRACE_MS = 12_000
/** Ended so often without having been ready, it has a reason that another start does not cure. */
const HOPELESS = 3

/** A process that is started again, each time after a longer pause, whenever it ends without having been told to. */
export class SupervisedProcess {
  /** Settles when the process is ready for the first time, or hopeless. */
  readonly ready: Promise<void>
  readonly #plan: ProcessPlan
  readonly #pidFile: string
  readonly #log: WriteStream
  #child: ChildProcess | undefined
  #stopping = false
  #failures = 0
  #startedAt = 0
  #restart: NodeJS.Timeout | undefined
  #lastWords = ''
  #settle: { resolve: () => void; reject: (reason: Error) => void }

  constructor(plan: ProcessPlan, pidFolder: string) {
    const { promise, ...settle } = promiseWithResolvers()
    this.ready = promise
    this.ready.catch(() => {}) // whoever waits for it gets it
    this.#settle = settle
    this.#plan = plan
    this.#pidFile = path.join(pidFolder, plan.name.replaceAll(' ', '-'))
    this.#log = openLog(plan.name)
    this.#start()
  }

  /** Asks it to end, and ends it when it has not after 12 seconds. */
  async stop(): Promise<void> {
    this.#stopping = true
    clearTimeout(this.#restart)
    const child = this.#child
    if (child && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('close', resolve))
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS)
      await ended
      clearTimeout(timer)
    }
    this.#log.end()
  }

  kill(): void {
    this.#stopping = true
    this.#child?.kill('SIGKILL')
  }

  #start(): void {
    const { name, args, env, readyMessage } = this.#plan
    // A group of its own: Ctrl-C reaches us alone, and we stop things in their order.
    const child = spawn(process.execPath, args, {
      cwd: PROJECT,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    this.#startedAt = Date.now()
    if (child.pid !== undefined) remember(this.#pidFile, child.pid)
    if (readyMessage === undefined) this.#settle.resolve()
    followLog(name, child, this.#log, {
      onLine: (line) => (this.#lastWords = line),
      onMessage: (message) => message === readyMessage && this.#settle.resolve(),
    })
    child.once('close', (code, signal) => this.#ended(code, signal))
  }

  #ended(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#stopping) return
    if (Date.now() - this.#startedAt > STABLE_MS) this.#failures = 0
    this.#failures++
    if (this.#failures === HOPELESS)
      this.#settle.reject(
        new SetupError(`${this.#plan.name} does not start: ${this.#lastWords} (its log is in ${LOGS})`),
      )
    const delay = Math.min(FIRST_DELAY_MS * 2 ** (this.#failures - 1), LONGEST_DELAY_MS)
    const end = signal ? `was ended by ${signal}` : `ended by itself with code ${code}`
    alarm(this.#plan.name, `${end}; it is started again in ${delay / 1000} s`)
    this.#restart = setTimeout(() => this.#start(), delay)
  }
}

function promiseWithResolvers() {
  let resolve = () => {}
  let reject: (reason: Error) => void = () => {}
  const promise = new Promise<void>((onDone, onFailure) => {
    resolve = onDone
    reject = onFailure
  })
  return { promise, resolve, reject }
}
