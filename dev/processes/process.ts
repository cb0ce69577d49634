import { spawn, type ChildProcess } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { PROJECT } from '../project.ts'
import { noteStarted, remember } from './daemon.ts'
import type { Exit } from './how-ended.ts'

export interface ProcessPlan {
  name: string
  /** Arguments of `program`. */
  args: readonly string[]
  /** @default the running node */
  program?: string
  /** Its whole environment. @default ours */
  env?: NodeJS.ProcessEnv
  /** Text in its output that says it works. @default it works as soon as it runs */
  ready?: string
  /** Opens a channel for messages to and from `child`. */
  ipc?: boolean
}

export interface Observation {
  /** Receives all its output. */
  log?: Writable
  /** Remembers the process, so that a later run can end what this one left behind. */
  pidFile?: string
  onLine?: (line: string, from: 'stdout' | 'stderr') => void
}

/** A process of ours: a real one, so that it can really be killed. */
export interface RunningProcess {
  readonly name: string
  readonly pid: number
  readonly child: ChildProcess
  readonly isRunning: boolean
  readonly exited: Promise<Exit>
  /** Its last output, up to 64 KiB. */
  output(): string
  /** Waits until its output contains `text`. @throws when the process ends first, or after so many seconds (default 30) */
  says(text: string, withinS?: number): Promise<void>
  signal(signal: NodeJS.Signals): void
  /** SIGTERM, and SIGKILL for a process that has not ended after `graceMs`. @default 10000 */
  stop(graceMs?: number): Promise<Exit>
}

const KEPT_OUTPUT = 64 * 1024

export function startProcess(plan: ProcessPlan, observation: Observation = {}): RunningProcess {
  const { name, program = process.execPath, args, env = process.env, ipc = false } = plan
  const child = spawn(program, args, {
    cwd: PROJECT,
    env,
    detached: true, // a group of its own: Ctrl-C reaches only us, and we end things in their order
    stdio: ['ignore', 'pipe', 'pipe', ...(ipc ? (['ipc'] as const) : [])],
    serialization: 'advanced',
  })
  if (child.pid === undefined) throw new Error(`${name} could not be started`)
  if (observation.pidFile) remember(observation.pidFile, child.pid)
  noteStarted(child.pid)
  const output = collect(child, observation)
  return observed(name, child, output)
}

function collect(child: ChildProcess, { log, onLine }: Observation): () => string {
  let output = ''
  for (const from of ['stdout', 'stderr'] as const) {
    const stream = child[from] as Readable
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-KEPT_OUTPUT)
      log?.write(chunk)
    })
    if (onLine) createInterface({ input: stream }).on('line', (line) => onLine(line, from))
  }
  return () => output
}

function observed(name: string, child: ChildProcess, output: () => string): RunningProcess {
  const isRunning = () => child.exitCode === null && child.signalCode === null
  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  return {
    name,
    child,
    pid: child.pid!,
    exited,
    output,
    get isRunning() {
      return isRunning()
    },
    async says(text, withinS = 30) {
      const end = performance.now() + withinS * 1_000
      while (!output().includes(text)) {
        if (!isRunning()) throw new Error(`${name} ended before it said '${text}':\n${output().slice(-2_000)}`)
        if (performance.now() > end)
          throw new Error(`${name} did not say '${text}' within ${withinS} s:\n${output().slice(-2_000)}`)
        await wait(20)
      }
    },
    signal: (signal) => void child.kill(signal),
    async stop(graceMs = 10_000) {
      child.kill('SIGCONT') // a frozen process hears nothing else
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
      return exited.finally(() => clearTimeout(timer))
    },
  }
}
