import { spawn } from 'node:child_process'
import type { Host, ServiceUrl } from '../../src/cli/host.ts'
import { fanfare } from '../../src/cli/fanfare.ts'
import { fromSource } from '../processes/compiled.ts'
import { call } from './call.ts'
import { oldCode } from './old-code.ts'
import {
  InstanceSet,
  isRunning,
  migrate,
  PROJECT,
  provideServices,
  SERVICE_NAMES,
  SERVICES,
  SetupError,
  type Provided,
  type ServiceName,
} from '../services/index.ts'

/** The operators' command line, with the services of npm start where the environment names no others. */
export function fanfareCommand(args: string[]): Promise<number> {
  return fanfare(args, { env: process.env, call, provide, oldCode, run })
}

const provide: Host['provide'] = async (urls) => {
  const names = SERVICE_NAMES.filter((name) => isMissing(name, urls))
  if (names.length === 0) return async () => {}
  const set = InstanceSet.open('dev')
  nameSurroundings(set)
  announceStart(set, names)
  const { urls: found, release } = await untilInterrupted((signal) => provideServices(set, warn, { names, signal }))
  for (const name of names) process.env[SERVICES[name].variable] = found[name]
  if (urls.includes('REDIS_URL')) await migrate(process.env['DATABASE_URL'] as string) // a process is about to start
  return release
}

/** Ctrl-C ends the start of services, and later the command, with what was started for it; unless the command ends by itself. */
async function untilInterrupted(start: (signal: AbortSignal) => Promise<Provided>): Promise<Provided> {
  const starting = new AbortController()
  let provided: Provided | undefined
  const stop = (signal: NodeJS.Signals) => {
    if (!provided) return starting.abort(new SetupError('Interrupted before the services were up.'))
    if (process.listenerCount(signal) === 1) void provided.release().finally(() => process.exit(INTERRUPTED))
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
  return (provided = await start(starting.signal))
}

/** What a shell calls the end by Ctrl-C. */
const INTERRUPTED = 130

const isMissing = (name: ServiceName, urls: readonly ServiceUrl[]) =>
  urls.includes(SERVICES[name].variable) && !process.env[SERVICES[name].variable]

/** A command that only reads starts nothing without a word. */
function announceStart(set: InstanceSet, names: readonly ServiceName[]) {
  const missing = names.filter((name) => !isRunning(name, set))
  if (missing.length === 0) return
  const titles = missing.map((name) => SERVICES[name].title).join(' and ')
  if (names.includes('postgres') && set.state.ports.postgres === undefined)
    throw new SetupError(
      'There is no database yet: npm start makes one. Or set DATABASE_URL to that of a running system.',
    )
  const are = missing.length > 1 ? 'are' : 'is'
  warn(`npm start does not run: ${titles} ${are} started for this command, and stopped after it …`)
}

/** The mail catcher, the SMS provider and the gateway of npm start, where the environment names no others. */
function nameSurroundings({ state: { ports } }: InstanceSet) {
  if (process.env['DATABASE_URL']) return // another system, whose gateway must not be guessed
  if (ports.smtp) process.env['SMTP_URL'] ||= `smtp://127.0.0.1:${ports.smtp}`
  if (ports.sms) process.env['SMS_URL'] ||= `http://127.0.0.1:${ports.sms}/v1/messages`
  if (ports.gateway) process.env['PAYMENT_GATEWAY_URL'] ||= `http://127.0.0.1:${ports.gateway}`
}

/** In a process of its own: we stay until it has finished, to put the services back. */
const run: Host['run'] = (file, args) => {
  const child = spawn(process.execPath, fromSource(`src/main/${file}.ts`, ...args), { cwd: PROJECT, stdio: 'inherit' })
  process.on('SIGINT', () => {}) // Ctrl-C reaches it by itself
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)))
}

function warn(sentence: string): void {
  process.stderr.write(`${sentence}\n`)
}
