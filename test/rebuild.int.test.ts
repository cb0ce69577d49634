// The tables of all projections dropped, and built again under live load. REBUILD_EVENTS=1000000 makes it an acceptance run.
import { spawn } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { analyticsRoutes } from '#domains/analytics'
import { lookupRoutes } from '#domains/lookup'
import {
  findReactions,
  listProjections,
  loadProjections,
  register,
  runProjections,
  type RunningProjections,
} from '#messaging'
import { openDatabase } from '#platform/database'
import { createLogger } from '#platform/log/logger'
import { deadline, projectionReader, testDatabase, type TestDatabase } from '#testing'
import { compiledCommand } from '../dev/processes/compiled.ts'
import { storeHistory } from '../bench/load/history.ts'
import { audit } from '../src/audit/index.ts'
import { anOrder, testApi, type TestApi } from '../src/testing/api.ts'

const EVENTS = Number(process.env['REBUILD_EVENTS'] ?? 9_000)
const PER_SECOND = 20
const PHASE_MS = EVENTS > 50_000 ? 20_000 : 1_000
const PATIENCE_MS = 60_000 + EVENTS

jest.setTimeout(2 * PATIENCE_MS + 600_000)

let database: TestDatabase
let api: TestApi
let running: RunningProjections
beforeAll(async () => {
  database = await testDatabase()
  const { db, pool } = database
  await storeHistory(pool, EVENTS)
  const reader = { projections: projectionReader(database) }
  api = await testApi(database, [...analyticsRoutes(reader), ...lookupRoutes(reader)])
  const projections = await loadProjections(findReactions('workers'))
  await register(db, projections)
  running = runProjections(projections, { db, log: createLogger('test', 'silent'), instance: 'test', pollMs: 200 })
})
afterAll(async () => {
  await running.stop()
  await api.close()
  await database.close()
})

const current = () =>
  deadline(
    'every projection is current',
    async () => (await listProjections(database.db)).every(({ behind, state }) => behind === 0n && state === 'running'),
    { within: PATIENCE_MS, every: 100 },
  )

/**
 * Places orders on a fixed schedule until it is stopped. @returns milliseconds from when each was due to its answer. A busy
 * machine may refuse some
 */
function load() {
  const [times, open] = [[] as number[], [] as Promise<unknown>[]]
  const began = performance.now()
  let stopped = false
  const pacing = (async () => {
    for (let n = 0; !stopped; n++) {
      const due = began + (n * 1_000) / PER_SECOND
      await wait(Math.max(0, due - performance.now()))
      const answered = api.place(anOrder()).then(({ status }) => {
        expect([202, 503]).toContain(status)
        if (status === 202) times.push(performance.now() - due)
      })
      open.push(answered)
    }
  })()
  return async () => {
    stopped = true
    await pacing
    await Promise.all(open)
    return times.toSorted((a, b) => a - b)
  }
}

/** On a connection for long statements, as the product does: those of the API are planned for single orders. */
async function auditAside() {
  const { db, close } = openDatabase(database.url, { planning: 'by-size', poolSize: 1 })
  return audit(db).finally(close)
}

const percentile = (sorted: readonly number[], share: number) => sorted[Math.ceil(share * sorted.length) - 1]!

async function rebuildAll() {
  const command = await compiledCommand('projections', 'rebuild', '--all', '--json')
  const env = { ...process.env, DATABASE_URL: database.url }
  const child = spawn(process.execPath, command, { env })
  let [output, errors] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  return new Promise<{ projection: string; position: number; ms: number; outcome: string }[]>((resolve, reject) =>
    child.on('close', (code) => (code === 0 ? resolve(JSON.parse(output)) : reject(new Error(errors)))),
  )
}

/** What live orders do not change; and how many there are. */
async function answers() {
  const ask = async (query: string) => (await api.get(`/v1/${query}`)).body as unknown
  const [{ orders }] = await database.db.$queryRaw<[{ orders: number }]>`SELECT count(*)::int AS orders FROM orders`
  const daily = (await ask('analytics/daily')) as { placed: number; confirmed: number; revenue: number }[]
  return {
    orders,
    placed: daily.reduce((sum, { placed }) => sum + placed, 0),
    rest: {
      daily: daily.map(({ placed: _, ...day }) => day),
      products: await ask('analytics/products'),
      funnel: ((await ask('analytics/funnel')) as { to: string }[]).filter(({ to }) => to !== 'placed'),
      customer: await ask('customers/orders?email=customer-7@example.com'),
      search: await ask('search/orders?q=customer-7@example.com+sku-'),
    },
  }
}

test(`${EVENTS.toLocaleString('en-GB')} events: dropped tables come back under live load, and answer as before`, async () => {
  await current()
  const before = load()
  await wait(PHASE_MS)
  const timesBefore = await before()
  await current()
  const said = await answers()
  expect(said.placed).toBe(said.orders)

  for (const { name } of await listProjections(database.db))
    await database.db.$executeRawUnsafe(`DROP SCHEMA projection_${name.replaceAll(/[.-]/g, '_')} CASCADE`)
  const during = load()
  const rebuilt = await rebuildAll()
  const timesDuring = await during()
  expect(rebuilt.map(({ outcome }) => outcome)).toEqual(rebuilt.map(() => 'swapped'))
  await current()

  const says = await answers()
  expect(says.rest).toEqual(said.rest)
  expect(says.orders).toBeGreaterThanOrEqual(said.orders + timesDuring.length)
  expect(says.placed).toBe(says.orders)
  const broken = (await auditAside()).filter(
    ({ invariant, count }) => /projection|sales|customers|search/.test(invariant) && count > 0,
  )
  expect(broken).toEqual([])

  if (!process.env['REBUILD_EVENTS']) return
  const lines = rebuilt.map(
    ({ projection, position, ms }) => `${projection}: ${Math.round(position / (ms / 1_000))} events/s`,
  )
  const latency = [timesBefore, timesDuring].map((times) =>
    [0.5, 0.99].map((share) => percentile(times, share).toFixed(1)),
  )
  process.stdout.write(
    `${lines.join('\n')}\nms to place an order, p50 p99: before ${latency[0]!.join(' ')}, during ${latency[1]!.join(' ')}\n`,
  )
})
