import { connect } from 'node:net'
import type { Database } from '#platform/database'
import { inTime } from '#platform/process/in-time'
import { listProjections, readRelay } from '#messaging'
import type { Overview } from '../contract/index.ts'

type Part = Overview['health'][number]

const PROBE_MS = 1_000
/** A relay publishes within milliseconds; what waits for longer waits for something. */
const LATE_S = 5

interface Asked {
  db: Database
  services: { rabbitmq: string; redis: string }
}

/** How everything that an order needs stands. The broker and Redis are only asked whether they take a connection. */
export async function readHealth({ db, services }: Asked): Promise<Part[]> {
  return Promise.all([
    asPart('PostgreSQL', databaseHealth(db)),
    asPart('RabbitMQ', reaches(services.rabbitmq, 5672)),
    asPart('Redis', reaches(services.redis, 6379)),
    asPart('Relay', relayHealth(db)),
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

/** Of several servers one is enough. */
async function reaches(urls: string, port: number): Promise<Finding> {
  const places = urls.split(',').map((one) => new URL(one))
  const started = performance.now()
  const { host } = await Promise.any(places.map((place) => opens(place, port))).catch((error: AggregateError) => {
    throw error.errors[0]
  })
  return { state: 'ok', detail: `${host} takes connections, in ${(performance.now() - started).toFixed(1)} ms` }
}

const opens = ({ hostname, host, port }: URL, usual: number) =>
  new Promise<{ host: string }>((resolve, reject) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || usual), timeout: PROBE_MS })
    socket.once('connect', () => resolve({ host }) ?? socket.destroy())
    socket.once('timeout', () => socket.destroy(new Error(`${host} does not answer`)))
    socket.once('error', reject)
  })
