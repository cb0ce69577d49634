import { createWriteStream, mkdirSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { InvalidArgumentError } from 'commander'
import { openDatabase } from '#platform/database'
import { onStopSignal } from '#platform/process/stop-signals'
import { plantKey } from '../../src/api/index.ts'
import { isBroken } from '../../src/audit/core.ts'
import { commandLine, parse } from '../../dev/command-line.ts'
import { createSupervisor, type Supervisor } from '../../dev/processes/supervisor.ts'
import { TYPESCRIPT } from '../../dev/processes/typescript.ts'
import { InstanceSet, PROJECT, provideServices, stopLeftovers, SetupError, tryLock } from '../../dev/services/index.ts'
import { auditRides } from './audit/check.ts'
import { openRidesApi } from './simulation/rides-api.ts'
import { simulate } from './simulation/simulate.ts'
import { members, migrateRides, NAMESPACE, ridesUrl, worker, WORKERS } from './system.ts'

const EXAMPLES = `
Examples:
  npm run example:rides -- --drivers 500 --trips 1000/min
  npm run example:rides -- --minutes 2 --seed 7            ends after two minutes with an audit`

const KEY = 'fanfare_rides'
/** Those that belong together for a small machine: what riders wait for, and what nobody waits for. */
const TOGETHER = [
  worker('worker trips', ['matching', 'trip', 'pricing', 'fraud']),
  worker('worker money', ['payment', 'loyalty']),
  worker('worker notification', ['notification']),
  worker('worker analytics', ['analytics']),
]

interface Flags {
  drivers: number
  trips: number
  seed: number
  speed: number
  minutes?: number
  port: number
}

/** Runs the rides beside the shop, with a simulated city. @returns the exit code */
export async function ridesCommand(args: string[]): Promise<number> {
  let good = true
  const program = commandLine('npm run example:rides --', 'A city of riders and drivers on the core, beside the shop.')
    .option('--drivers <n>', 'how many drive', whole, 500)
    .option('--trips <n/min>', 'how many trips are asked for in a minute', perMinute, 600)
    .option('--seed <s>', 'decides who wants to go where', whole, 1)
    .option('--speed <n>', 'how much faster than a clock the city lives', whole, 40)
    .option('--minutes <m>', 'end after so long, with an audit (default: at Ctrl-C)', Number)
    .option('--port <p>', 'of the API and the page', whole, 3100)
    .addHelpText('after', EXAMPLES)
    .action(async (flags: Flags) => {
      good = await run(flags)
    })
  const code = await parse(program, args)
  return good ? code : 1
}

async function run(flags: Flags): Promise<boolean> {
  const set = InstanceSet.open('dev')
  const folder = path.join(PROJECT, '.fanfare/rides')
  mkdirSync(path.join(folder, 'logs'), { recursive: true })
  const unlock = tryLock(path.join(folder, 'rides.lock'))
  if (!unlock) throw new SetupError('The rides run already in this project: stop them there with Ctrl-C.')
  const stopped = untilAskedToStop()
  await stopLeftovers(path.join(folder, 'processes'))
  const services = await provideServices(set, say)
  const processes = superviseIn(folder)
  try {
    const url = ridesUrl(services.urls.postgres)
    await prepare(url, folder)
    await startAll(processes, await environment(set, flags, { ...services.urls, postgres: url }))
    return await live(flags, url, stopped)
  } finally {
    say('Stopping …')
    await processes.stop()
    await services.release()
    unlock()
  }
}

const superviseIn = (folder: string): Supervisor =>
  createSupervisor({
    pids: path.join(folder, 'processes'),
    openLog: (name) => createWriteStream(path.join(folder, 'logs', `${name.replaceAll(' ', '-')}.log`), { flags: 'a' }),
    onUnwantedEnd: ({ name, lastWords }) => say(`${name} has ended and is started again: ${lastWords}`),
    hopelessAfter: 3,
  })

async function prepare(url: string, folder: string): Promise<void> {
  if (await migrateRides(url, folder)) say('The database of the rides is migrated.')
  const { db, close } = openDatabase(url, { poolSize: 1, applicationName: 'rides' })
  await plantKey(db, 'rides', KEY).finally(close)
}

type Environment = Record<string, string | undefined>

async function environment(
  set: InstanceSet,
  { port, speed }: Flags,
  urls: Record<string, string>,
): Promise<Environment> {
  await set.choosePort('gateway')
  return {
    ...process.env,
    DATABASE_URL: urls['postgres'],
    RABBITMQ_URL: urls['rabbitmq'],
    REDIS_URL: urls['redis'],
    PAYMENT_GATEWAY_URL: process.env['PAYMENT_GATEWAY_URL'] ?? `http://127.0.0.1:${set.port('gateway')}`,
    GATEWAY_PORT: String(set.port('gateway')),
    GATEWAY_DATA: path.join(PROJECT, '.fanfare/rides/gateway'),
    MESSAGING_NAMESPACE: NAMESPACE,
    WORKERS,
    PORT: String(port),
    // A city that lives faster has less patience.
    RIDES_ANSWER_MS: String(Math.max(2_000, Math.round(120_000 / speed))),
    RIDES_EXPIRE_MS: String(Math.max(10_000, Math.round(1_200_000 / speed))),
  }
}

async function startAll(processes: Supervisor, env: Environment): Promise<void> {
  const isAnswered = await fetch(`${env['PAYMENT_GATEWAY_URL']}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  )
  if (!isAnswered)
    processes.start({
      name: 'gateway',
      args: [...TYPESCRIPT, 'sandbox/payment-gateway/main.ts'],
      env,
      ready: 'gateway on',
    })
  const own = members().filter(({ role }) => role !== 'worker')
  for (const {
    name,
    run: [file = '', ...args],
    ready,
  } of [...own, ...TOGETHER])
    processes.start({ name, args: [...TYPESCRIPT, file, ...args], env, ready })
  await processes.ready()
}

/** The city lives until somebody ends it, or for its minutes. @returns whether the audit holds */
async function live({ drivers, trips, seed, speed, minutes, port }: Flags, url: string, stopped: Promise<void>) {
  const api = openRidesApi(`http://127.0.0.1:${port}`, KEY)
  const durationMs = minutes === undefined ? Infinity : minutes * 60_000
  const city = await simulate(api, { drivers, tripsPerMinute: trips, seed, speed, durationMs })
  say(`${drivers} drivers, ${trips} trips a minute, seed ${seed}: the city is at http://127.0.0.1:${port}/city`)
  const isDone = await Promise.race([city.done.then(() => true), stopped.then(() => false)])
  if (isDone) await untilOver(url, SETTLE_MS)
  await city.stop()
  return isDone ? tellAudit(url, city.asked.length) : true
}

const SETTLE_MS = 120_000

/** Every trip that was asked for comes to its end. */
async function untilOver(url: string, withinMs: number): Promise<void> {
  const { pool, close } = openDatabase(url, { poolSize: 1, applicationName: 'rides' })
  const end = performance.now() + withinMs
  const open = async () => {
    const { rows } = await pool.query<{ open: number }>(
      `SELECT (SELECT count(*) FROM trips WHERE status IN ('requested', 'confirmed', 'started', 'completed'))::int
        + (SELECT count(*) FROM drivers WHERE trip_id IS NOT NULL)::int AS open`,
    )
    return rows[0]!.open
  }
  while ((await open()) > 0 && performance.now() < end) await wait(500)
  await close()
}

async function tellAudit(url: string, asked: number): Promise<boolean> {
  const { db, pool, close } = openDatabase(url, { poolSize: 2, applicationName: 'rides audit' })
  const { rows } = await pool.query<{ status: string; trips: number }>(
    'SELECT status, count(*)::int AS trips FROM trips GROUP BY status ORDER BY 2 DESC',
  )
  const findings = await auditRides(db)
  await close()
  say(
    `${asked} trips were asked for; all there ever were: ${rows.map(({ status, trips }) => `${trips} ${status}`).join(', ')}`,
  )
  for (const { invariant, says, offenders, count } of findings) {
    say(`${count === 0 ? 'holds ' : 'BROKEN'}  ${invariant.padEnd(28)}  ${says}`)
    for (const { who, why } of offenders.slice(0, 5)) say(`        ${who}: ${why}`)
  }
  return !findings.some((finding) => isBroken(finding))
}

function untilAskedToStop(): Promise<void> {
  return new Promise((resolve) => void onStopSignal(() => resolve()))
}

function whole(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 0) return value
  throw new InvalidArgumentError('This must be a whole number.')
}

const perMinute = (text: string): number => whole(text.replace(/\/min$/, ''))

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
