import { openDatabase } from '#platform/database'
import { deadline, placeOf, tcpProxy, testDatabase, type TcpProxy, type TestDatabase } from '#testing'
import { anOrder, testApi, type TestApi } from '../testing/api.ts'

let real: TestDatabase
let reached: TestDatabase
let wire: TcpProxy
let api: TestApi
beforeAll(async () => {
  real = await testDatabase()
  wire = await tcpProxy(placeOf(real.url))
  const url = wire.through(real.url)
  reached = { ...openDatabase(url), url }
  api = await testApi(reached)
})
afterAll(async () => {
  await api.close()
  await reached.close()
  await wire.close()
  await real.close()
})

const timed = async <T>(work: PromiseLike<T>) => {
  const started = performance.now()
  const answer = await work
  return { answer, ms: performance.now() - started }
}

/** The limit is 1.8 seconds; the rest is for a busy machine. Who waits for the database itself is answered much later, or never. */
const SOON_MS = 10_000

/** Each order has its lines, its one fact and its stream, and nothing is without its order. */
async function expectNothingHalfDone() {
  const [counts] = await real.db.$queryRaw<object[]>`
    SELECT (SELECT count(*)::int FROM orders) - (SELECT count(DISTINCT order_id)::int FROM order_lines) AS lines,
      (SELECT count(*)::int FROM orders) - (SELECT count(*)::int FROM events WHERE type = 'order.placed') AS events,
      (SELECT count(*)::int FROM orders) - (SELECT count(*)::int FROM streams) AS streams,
      (SELECT count(*)::int FROM idempotency_keys WHERE order_id NOT IN (SELECT id FROM orders)) AS keys`
  expect(counts).toEqual({ lines: 0, events: 0, streams: 0, keys: 0 })
}

const ready = () => deadline('ready', async () => (await api.http.get('/readyz')).status === 200)
/** The pool may still hold connections that are broken. */
const taken = () => deadline('an order is taken', async () => (await api.place(anOrder())).status === 202)

const ORDERS = 100
/** Callers that ask again at once would keep a busy machine from answering any of them. */
const PATIENT = { within: 90_000, every: 100 }

describe('while PostgreSQL is away', () => {
  it('answers 503 with Retry-After soon, stays alive, and recovers by itself', async () => {
    await api.place(anOrder()) // the key is known and the pool warm
    wire.leadTo({ host: '127.0.0.1', port: 1 })
    const { answer, ms } = await timed(api.place(anOrder()))
    expect([answer.status, answer.body.code]).toEqual([503, 'database-unavailable'])
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
    expect(ms).toBeLessThan(SOON_MS)
    expect((await api.http.get('/healthz')).status).toBe(200)
    expect((await api.http.get('/readyz')).status).toBe(503)
    expect(await api.get('/v1/orders')).toMatchObject({ status: 503, body: { code: 'database-unavailable' } })
    wire.leadTo(placeOf(real.url))
    await ready()
    await taken()
    await expectNothingHalfDone()
  })

  it('answers 503 with Retry-After while it takes no changes, and recovers by itself', async () => {
    const name = new URL(real.url).pathname.slice(1)
    const others = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`
    await real.db.$executeRawUnsafe(`ALTER DATABASE "${name}" SET default_transaction_read_only = on`)
    await real.db.$executeRawUnsafe(others)
    const refused = await deadline('it is refused', async () => {
      const answer = await api.place(anOrder())
      return answer.status !== 202 && answer
    })
    expect([refused.status, refused.body.code]).toEqual([503, 'database-unavailable'])
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    await real.db.$executeRawUnsafe(`ALTER DATABASE "${name}" RESET default_transaction_read_only`)
    await taken()
    await expectNothingHalfDone()
  })

  it('answers soon when the database hangs', async () => {
    wire.blackHole()
    const answers = await Promise.all(Array.from({ length: 20 }, () => timed(api.place(anOrder()))))
    for (const { answer, ms } of answers) {
      expect(answer.status).toBe(503)
      expect(answer.headers).toHaveProperty('retry-after')
      expect(ms).toBeLessThan(SOON_MS)
    }
    wire.heal()
    await ready()
    await taken()
    await expectNothingHalfDone()
  })

  it('makes one order of each key, however often the wire is cut and the caller tries again', async () => {
    const place = async (name: string): Promise<string> => {
      const answer = await deadline(
        `order ${name}`,
        async () => {
          const { status, body } = await api.place(anOrder(), { 'idempotency-key': name })
          return status === 202 && body
        },
        PATIENT,
      )
      return answer.id
    }
    const orders = await real.db.order.count()
    const placed = async () => (await real.db.order.count()) - orders
    const placing = Array.from({ length: ORDERS }, (_, index) => place(`storm-${index}`))
    for (let cut = 0; cut < 4; cut++) {
      const before = await placed()
      await deadline('an order', async () => (await placed()) > before || (await placed()) === ORDERS, PATIENT)
      wire.cut()
    }
    const ids = await Promise.all(placing)
    expect(new Set(ids).size).toBe(ORDERS)
    expect(await real.db.order.count()).toBe(orders + ORDERS)
    await expectNothingHalfDone()
  })
})
