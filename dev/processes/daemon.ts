import { spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Exit } from './how-ended.ts'
import { waitFor } from './wait-for.ts'

interface Launch {
  command: string
  args: string[]
  /** Receives standard output and error; replaced at each launch. */
  log: string
  /** Remembers the process between our own runs. */
  pidFile: string
  cwd: string
  env?: NodeJS.ProcessEnv
  /** Run as this user (only root may). */
  user?: { uid: number; gid: number } | undefined
}

interface RunningProcess {
  pid: number
  /** When the process was born: a process that got the same pid later has another. */
  born: string
}

interface Launched {
  command: string
  end: Promise<Exit>
}

/** Those that this process has launched, by the files of their pids. */
const launched = new Map<string, Launched>()

/** What this process has launched last under that file; undefined when it was another, or the program could not be run. */
export const launchedAs = (pidFile: string): Launched | undefined => launched.get(pidFile)

/** Starts a process that outlives us, in a process group of its own so that Ctrl-C does not reach it. */
export function launch({ command, args, log, pidFile, cwd, env, user }: Launch): void {
  const output = openSync(log, 'w')
  const child = spawn(command, args, {
    cwd,
    env: env ?? process.env,
    detached: true,
    stdio: ['ignore', output, output],
    ...user,
  })
  child.on('error', () => {}) // it never ran: the wait for readiness says so
  const end = new Promise<Exit>((resolve) => child.on('exit', (code, signal) => resolve({ code, signal })))
  child.unref()
  closeSync(output)
  launched.delete(pidFile)
  if (child.pid === undefined) return
  launched.set(pidFile, { command, end })
  remember(pidFile, child.pid)
  noteStarted(child.pid)
}

/** The name of an environment variable: a folder in which every process that is started is noted, too. */
export const NOTES = 'FANFARE_NOTES'

/** So that whoever started us can end what we leave behind. */
export function noteStarted(pid: number): void {
  const folder = process.env[NOTES]
  if (!folder) return
  mkdirSync(folder, { recursive: true })
  remember(path.join(folder, String(pid)), pid)
}

export function remember(pidFile: string, pid: number): void {
  writeFileSync(pidFile, JSON.stringify({ pid, born: bornAt(pid) ?? '' } satisfies RunningProcess))
}

/** The pid noted in the file, if that very process still runs. */
export function runningPid(pidFile: string): number | undefined {
  const noted = readNote(pidFile)
  return noted && bornAt(noted.pid) === noted.born ? noted.pid : undefined
}

function readNote(pidFile: string): RunningProcess | undefined {
  try {
    return JSON.parse(readFileSync(pidFile, 'utf8')) as RunningProcess
  } catch {
    return undefined
  }
}

/** Signals the noted process and waits until it is gone; without one, does nothing. */
export async function stopDaemon(pidFile: string, signal: NodeJS.Signals, seconds: number): Promise<void> {
  const pid = runningPid(pidFile)
  if (pid !== undefined) {
    sendSignal(pid, signal)
    const gone = () => runningPid(pidFile) !== pid
    if (!(await waitFor(gone, seconds))) sendSignal(pid, 'SIGKILL')
    await waitFor(gone, 10)
    await waitFor(() => !hasPid(pid), REAP_SECONDS)
  }
  if (pid === undefined || readNote(pidFile)?.pid === pid) rmSync(pidFile, { force: true }) // else another was started meanwhile
}

/**
 * Seconds that a process which has ended may keep its pid, until its parent (this process, or that of the machine) has asked for
 * its exit code. PostgreSQL refuses to start while the pid in its data folder is taken.
 */
const REAP_SECONDS = 2

export function hasPid(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Ends what a run of ours that was killed has left behind, by its notes in this folder. */
export async function stopLeftovers(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  await Promise.all(readdirSync(folder).map((name) => stopDaemon(path.join(folder, name), 'SIGTERM', 12)))
}

/** A crash takes the helpers with it: what we launch leads a process group of its own. */
function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(signal === 'SIGKILL' ? -pid : pid, signal)
  } catch {
    // it ended in the meantime
  }
}

let bootId: string | undefined

/** Undefined for a process that does not exist or has ended. */
function bornAt(pid: number): string | undefined {
  if (process.platform !== 'linux') return bornByPs(pid)
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ') // the name before it may hold spaces
    const [state, ticksSinceBoot] = [fields[0], fields[19]]
    // A zombie has ended, unless threads of it still run: they hold its ports.
    if (state === 'Z' && readdirSync(`/proc/${pid}/task`).length < 2) return undefined
    bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${ticksSinceBoot} ${bootId}`
  } catch {
    return undefined
  }
}

function bornByPs(pid: number): string | undefined {
  const answer = spawnSync('ps', ['-p', String(pid), '-o', 'lstart=,stat='], { encoding: 'utf8' }).stdout.trim()
  const state = answer.split(/\s+/).at(-1) ?? ''
  return answer === '' || state.startsWith('Z') ? undefined : answer.slice(0, -state.length).trim()
}
