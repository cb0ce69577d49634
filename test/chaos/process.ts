import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { PROJECT, remember } from '../../scripts/services/index.ts'
import { TYPESCRIPT } from '../../scripts/start/processes.ts'
import { deadline } from '#testing'

export interface ProcessPlan {
  name: string
  /** File in the project and its arguments. */
  run: readonly string[]
  env: Readonly<Record<string, string>>
  /** Where its output goes, appended. @default nowhere */
  logFile?: string
  /** Remembers the process, so that a later run can end what this one left behind. */
  pidFile?: string
}

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

/** One life of a process of ours: a real one, so that it can really be killed. */
export interface Life {
  readonly pid: number
  readonly isRunning: boolean
  readonly exited: Promise<Exit>
  /** Its last output, up to 64 KiB. */
  output(): string
  /** Waits until its output contains `text`. @throws when it does not within 30 seconds, or the process ends */
  says(text: string): Promise<void>
  signal(signal: NodeJS.Signals): void
  /** SIGTERM, and SIGKILL for who has not ended after `graceMs`. @default 10000 */
  stop(graceMs?: number): Promise<Exit>
}

const KEPT_OUTPUT = 64 * 1024

export function startProcess({ name, run, env, logFile, pidFile }: ProcessPlan): Life {
  const child = spawn(process.execPath, [...TYPESCRIPT, ...run], {
    cwd: PROJECT,
    env: { ...inherited(), ...env },
    detached: true, // Ctrl-C reaches only us, and we end things in their order
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (child.pid === undefined) throw new Error(`${name} could not be started`)
  if (pidFile) remember(pidFile, child.pid)
  const log = logFile === undefined ? undefined : createWriteStream(logFile, { flags: 'a' })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-KEPT_OUTPUT)
      log?.write(chunk)
    })
  }
  const isRunning = () => child.exitCode === null && child.signalCode === null
  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => {
      log?.end()
      resolve({ code, signal })
    })
  })
  return {
    pid: child.pid,
    exited,
    get isRunning() {
      return isRunning()
    },
    output: () => output,
    async says(text) {
      const said = () => output.includes(text) || !isRunning()
      await deadline(`${name} says '${text}'`, said, { within: 30_000 })
      if (!output.includes(text)) throw new Error(`${name} ended before it said '${text}':\n${output.slice(-2_000)}`)
    },
    signal: (signal) => void child.kill(signal),
    async stop(graceMs = 10_000) {
      child.kill('SIGCONT') // who is frozen hears nothing else
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
      return exited.finally(() => clearTimeout(timer))
    },
  }
}

/** Of our own environment only what a program needs to run: every setting of the shop is given. */
function inherited(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ']
  return Object.fromEntries(kept.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])))
}
