import { fork, spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { PROJECT, remember, SetupError } from '../../dev/services/index.ts'
import { TYPESCRIPT } from '../../dev/processes/typescript.ts'

export interface ProcessPlan {
  name: string
  /** @default the running node */
  program?: string
  args: readonly string[]
  env?: NodeJS.ProcessEnv
  /** What it says when it works. @default it counts as working when it runs */
  ready?: string
  /** Left alone by the profiler. */
  foreign?: boolean
}

export interface Running {
  readonly name: string
  readonly pid: number
  /** SIGUSR2 begins a profile, SIGWINCH ends it. */
  readonly isProfiled: boolean
  /** Processor seconds used so far; undefined where the system does not tell. */
  cpuSeconds(): number | undefined
  signal(signal: NodeJS.Signals): void
  /** The end of what it has said. */
  output(): string
  /** Resolves when it has ended, however that came. */
  readonly ended: Promise<void>
  /** SIGTERM, and SIGKILL after 15 seconds. */
  stop(): Promise<void>
}

/** A process of ours that answers questions. */
export interface Remote extends Running {
  /** @throws what it threw, or when it has not answered within so many seconds (default 120) */
  ask<Answer>(command: string, argument?: unknown, withinS?: number): Promise<Answer>
}

export interface Launcher {
  start(plan: ProcessPlan): Promise<Running>
  /** Runs a file of this project that serves commands (see remote.ts). */
  remote(name: string, file: string, env: NodeJS.ProcessEnv): Promise<Remote>
  stopAll(): Promise<void>
}

interface Options {
  /** Notes of what runs, so that a later run can end what a killed one left behind. */
  pids: string
  /** Folder for processor profiles; none are made without it. */
  profiles: string | undefined
}

const READY_S = 60
const KEPT_OUTPUT = 16 * 1024

export function createLauncher({ pids, profiles }: Options): Launcher {
  const running = new Set<Running>()
  mkdirSync(pids, { recursive: true })
  if (profiles) mkdirSync(profiles, { recursive: true })
  const isProfiled = (foreign?: boolean) => profiles !== undefined && !foreign
  const profiling = (name: string) => ({
    args: ['--import', path.join(PROJECT, 'bench/stage/profiler.mjs')],
    env: { BENCH_PROFILE: path.join(profiles!, `${fileName(name)}.cpuprofile`) },
  })
  const watch = (name: string, child: ChildProcess, foreign?: boolean) => {
    if (child.pid === undefined) throw new Error(`${name} could not be started`)
    remember(path.join(pids, `${fileName(name)}-${child.pid}`), child.pid)
    const observed = { ...observe(name, child), isProfiled: isProfiled(foreign) }
    running.add(observed)
    return observed
  }
  return {
    async start(plan) {
      const { args: more = [], env: told = {} } = isProfiled(plan.foreign) ? profiling(plan.name) : {}
      const env = { ...process.env, ...plan.env, ...told }
      const args = [...more, ...plan.args]
      const child = spawn(plan.program ?? process.execPath, args, {
        cwd: PROJECT,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      })
      const started = watch(plan.name, child, plan.foreign)
      if (plan.ready) {
        await started.says(plan.ready).catch(async (error: Error) => {
          await started.stop()
          throw error
        })
      }
      return started
    },
    async remote(name, file, env) {
      const { args: more = [], env: told = {} } = isProfiled() ? profiling(name) : {}
      const child = fork(path.join(PROJECT, file), {
        cwd: PROJECT,
        execArgv: [...more, ...TYPESCRIPT],
        env: { ...process.env, ...env, ...told },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        detached: true,
        serialization: 'advanced',
      })
      const started = watch(name, child)
      const remote = { ...started, ask: asker(name, child, started.output) }
      await remote.ask('ready', undefined, READY_S)
      return remote
    },
    async stopAll() {
      await Promise.all([...running].map((each) => each.stop()))
    },
  }
}

const fileName = (name: string) => name.replaceAll(/[^a-z0-9]+/gi, '-')

function observe(name: string, child: ChildProcess) {
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-KEPT_OUTPUT)))
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const isRunning = () => child.exitCode === null && child.signalCode === null
  let cpu: number | undefined
  return {
    name,
    ended,
    pid: child.pid!,
    output: () => output,
    cpuSeconds: () => (cpu = cpuSecondsOf(child.pid!) ?? cpu),
    signal: (signal: NodeJS.Signals) => void child.kill(signal),
    async says(text: string) {
      const end = performance.now() + READY_S * 1_000
      while (!output.includes(text)) {
        if (!isRunning() || performance.now() > end)
          throw new SetupError(`${name} did not say '${text}': ${output.trim().split('\n').slice(-5).join('\n')}`)
        await wait(20)
      }
    },
    async stop() {
      if (!isRunning()) return
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 15_000)
      await ended
      clearTimeout(timer)
    },
  }
}

interface Answer {
  id: number
  answer?: unknown
  error?: string
}

function asker(name: string, child: ChildProcess, output: () => string) {
  const waiting = new Map<number, (answer: Answer) => void>()
  let last = 0
  child.on('message', (message: Answer) => {
    waiting.get(message.id)?.(message)
    waiting.delete(message.id)
  })
  return <Result>(command: string, argument?: unknown, withinS = 120): Promise<Result> => {
    const id = ++last
    return new Promise((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`${name}: ${command} ${why}\n${output().slice(-2_000)}`))
      const timer = setTimeout(() => fail(`did not end within ${withinS} s`), withinS * 1_000)
      const onEnd = () => fail('was cut short: the process ended')
      child.once('close', onEnd)
      waiting.set(id, ({ answer, error }) => {
        clearTimeout(timer)
        child.off('close', onEnd)
        if (error === undefined) resolve(answer as Result)
        else fail(`failed: ${error}`)
      })
      child.send({ id, command, argument })
    })
  }
}

const TICKS_PER_SECOND = 100

/** User and system time of a process with all its threads, from /proc. */
export function cpuSecondsOf(pid: number): number | undefined {
  const fields = statOf(pid)
  return fields && (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** The fields of /proc/<pid>/stat after the name: state, parent, … (11 utime, 12 stime, 13 cutime, 14 cstime). */
export function statOf(pid: number | string): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return undefined
  }
}
