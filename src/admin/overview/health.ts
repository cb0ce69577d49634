import type { Database } from '#platform/database'
import { inTime } from '#platform/process/in-time'
import { listProjections, readRelay, readSchedules } from '#messaging'
import type { Overview } from '../contract/index.ts'
import type { AdminNeeds } from '../needs.ts'
import { standbyHealth } from './standbys.ts'

type Part = Overview['health'][number]

const PROBE_MS = 1_000
/** A relay publishes within milliseconds; what waits for longer waits for something. */
const LATE_S = 5

type Asked = Pick<AdminNeeds, 'db' | 'services'>

/** How everything stands that an order needs. Each is asked in its own protocol. */
export async function readHealth({ db, services }: Asked): Promise<Part[]> {
  const standbys = await standbyHealth(db).catch(() => undefined)
  return Promise.all([
    asPart('PostgreSQL', databaseHealth(db)),
    ...(standbys ? [asPart('Replication', Promise.resolve(standbys))] : []),
    asPart('RabbitMQ', answers(services.rabbitmq)),
    asPart('Redis', answers(services.redis)),
    asPart('Relay', relayHealth(db)),
    asPart('Scheduler', schedulerHealth(db)),
    asPart('Projections', projectionHealth(db)),
  ])
}

type Finding = Omit<Part, 'name'>

const asPart = (name: string, asked: Promise<Finding>): Promise<Part> =>
  inTime(asked, PROBE_MS).then(
    (finding) => ({ name, ...finding }),
    (error: Error) => ({ name, state: 'away', detail: `Does not answer: ${error.message || String(error)}` }),
  )

async function databaseHealth(db: Database): Promise<Finding> {
  const started = performance.now()
  await db.$executeRaw`SELECT 1`
  return { state: 'ok', detail: `Answers in ${(performance.now() - started).toFixed(1)} ms` }
}

async function answers(ask: () => Promise<string>): Promise<Finding> {
  const started = performance.now()
  const who = await ask()
  return { state: 'ok', detail: `${who} answers in ${(performance.now() - started).toFixed(1)} ms` }
}

/** It counts every ten seconds; when it does not, nothing else that runs by the clock does. */
const SCHEDULER_LATE_S = 60

async function schedulerHealth(db: Database): Promise<Finding> {
  const counted = await db.metricRollup.findFirst({
    where: { step: 10 },
    orderBy: { at: 'desc' },
    select: { at: true },
  })
  const seconds = counted && Math.max(0, (Date.now() - counted.at.getTime()) / 1_000 - 10)
  const isLate = seconds === null || seconds > SCHEDULER_LATE_S
  const since = seconds === null ? 'Nothing was ever counted' : `Counted ${Math.round(seconds)} s ago`
  if (isLate)
    return { state: 'away', detail: `${since}; no scheduler runs: nothing expires, webhooks and reconciliation wait` }
  const troubled = (await readSchedules(db)).filter(({ state }) => state === 'failed' || state === 'late')
  if (troubled.length === 0) return { state: 'ok', detail: `${since}; what runs by the clock runs` }
  return { state: 'late', detail: `${since}; ${troubled.map(({ name, state }) => `${name} ${state}`).join(', ')}` }
}

async function relayHealth(db: Database): Promise<Finding> {
  const { holder, lagSeconds, position } = await readRelay(db)
  if (holder === null) return { state: 'away', detail: 'No relay runs, so nothing is published' }
  const lag = lagSeconds < 1 ? 'nothing waits' : `the oldest event waits for ${Math.round(lagSeconds)} s`
  return { state: lagSeconds > LATE_S ? 'late' : 'ok', detail: `${holder} publishes, at position ${position}; ${lag}` }
}

async function projectionHealth(db: Database): Promise<Finding> {
  const all = await listProjections(db)
  const standing = all.filter(({ state, lagSeconds }) => state !== 'running' || lagSeconds > LATE_S)
  if (standing.length === 0) return { state: 'ok', detail: `${all.length} read models are current` }
  const names = standing.map(({ name }) => name).join(', ')
  return { state: standing.some(({ state }) => state === 'failed') ? 'away' : 'late', detail: `Not current: ${names}` }
}
