// Thousands of unknown keys a second beside one honest client; runs when asked: STRANGERS_PER_SECOND=2000 npm test -- strangers
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { Pool } from 'undici'
import { upsertProducts } from '#domains/catalog'
import { deadline, freePort, releases, requireTestService, testDatabase } from '#testing'
import { plantKey } from '../../src/api/index.ts'
import { anOrder, MUG } from '../../src/testing/api.ts'

const STRANGERS = Number(process.env['STRANGERS_PER_SECOND'] || 0)
const SECONDS = 5
/** Between two orders of the honest client. */
const PAUSE_MS = 20
const TICK_MS = 10

const later = releases()
const measured = STRANGERS > 0 ? it : it.skip

measured(
  `${STRANGERS} unknown keys a second at most double what an honest client waits`,
  async () => {
    const { url, key } = await startApi()
    const api = new Pool(url, { connections: 1 })
    const strangers = new Pool(url, { connections: 50 })
    later(() => Promise.all([api.close(), strangers.close()]))
    await medianOf(api, key) // what is compiled on first use
    const alone = await medianOf(api, key)
    const flood = startFlood(strangers)
    const beside = await medianOf(api, key)
    const answers = await flood.stop()
    const figures = { aloneMs: alone, besideMs: beside, answersPerSecond: answers }
    process.stdout.write(`${JSON.stringify(figures)}\n`)
    expect(beside).toBeLessThan(2 * alone)
  },
  300_000,
)

async function startApi() {
  const database = await testDatabase()
  later(database.close)
  await upsertProducts(database.db, [MUG])
  const key = await plantKey(database.db, 'honest')
  const port = await freePort()
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main/api.ts'], {
    stdio: 'ignore',
    env: {
      ...process.env,
      DATABASE_URL: database.url,
      RABBITMQ_URL: requireTestService('TEST_RABBITMQ_URL'),
      REDIS_URL: requireTestService('TEST_REDIS_URL'),
      PORT: String(port),
    },
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  later(() => child.kill() && ended)
  const url = `http://127.0.0.1:${port}`
  const isReady = () =>
    fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    )
  await deadline('the API is ready', isReady)
  return { url, key }
}

/** Milliseconds, of the orders placed within SECONDS. */
async function medianOf(api: Pool, key: string): Promise<number> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
  const waited: number[] = []
  for (const end = performance.now() + SECONDS * 1_000; performance.now() < end; await wait(PAUSE_MS)) {
    const began = performance.now()
    const answer = await api.request({ method: 'POST', path: '/v1/orders', headers, body: JSON.stringify(anOrder()) })
    await answer.body.dump()
    expect(answer.statusCode).toBe(202)
    waited.push(performance.now() - began)
  }
  return waited.toSorted((a, b) => a - b)[Math.floor(waited.length / 2)]!
}

/** A key of its own for each request. @returns what ends it, with the answers a second by status */
function startFlood(strangers: Pool) {
  const began = performance.now()
  const statuses: Record<string, number> = {}
  const note = (status: string) => {
    statuses[status] = (statuses[status] ?? 0) + 1
  }
  let sent = 0
  const ask = async () => {
    const authorization = `Bearer ${randomBytes(24).toString('hex')}`
    const answer = await strangers.request({ method: 'GET', path: '/v1/orders', headers: { authorization } })
    await answer.body.dump()
    note(String(answer.statusCode))
  }
  const asked = new Set<Promise<void>>()
  const tick = setInterval(() => {
    for (const due = ((performance.now() - began) / 1_000) * STRANGERS; sent < due; sent++) {
      const one: Promise<void> = ask()
        .catch(() => note('no answer'))
        .finally(() => asked.delete(one))
      asked.add(one)
    }
  }, TICK_MS)
  return {
    async stop() {
      clearInterval(tick)
      await Promise.all(asked)
      const seconds = (performance.now() - began) / 1_000
      return Object.fromEntries(
        Object.entries(statuses).map(([status, count]) => [status, Math.round(count / seconds)]),
      )
    },
  }
}
