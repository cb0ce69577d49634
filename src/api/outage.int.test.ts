import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { openDatabase } from '#platform/database'
import { deadline, testDatabase, type TestDatabase } from '#testing'
import { anOrder, testApi, type TestApi } from '../testing/api.ts'

/** A wire to PostgreSQL that can be cut and frozen. */
class Wire {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #port = 0
  #frozen = false

  constructor(target: URL) {
    this.#server = createServer((near) => {
      const far = connect(Number(target.port || 5432), target.hostname)
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from)
        from.on('data', (data) => to.write(data))
        from.on('error', () => {})
        from.on('close', () => {
          to.destroy()
          this.#sockets.delete(from)
        })
        if (this.#frozen) from.pause()
      }
    })
  }

  async mend() {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve))
    this.#port = (this.#server.address() as AddressInfo).port
    return this.#port
  }

  async cut() {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  freeze() {
    this.#frozen = true
    for (const socket of this.#sockets) socket.pause()
  }

  thaw() {
    this.#frozen = false
    for (const socket of this.#sockets) socket.resume()
  }
}

let real: TestDatabase
let reached: TestDatabase
let wire: Wire
let api: TestApi
beforeAll(async () => {
  real = await testDatabase()
  const url = new URL(real.url)
  wire = new Wire(new URL(url))
  const port = await wire.mend()
  url.hostname = '127.0.0.1'
  url.port = String(port)
  reached = { ...openDatabase(url.toString()), url: url.toString() }
  api = await testApi(reached)
})
afterAll(async () => {
  await api.close()
  await reached.close()
  await wire.cut()
  await real.close()
})

const timed = async <T>(work: PromiseLike<T>) => {
  const started = performance.now()
  const answer = await work
  return { answer, ms: performance.now() - started }
}

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

const ORDERS = 400

describe('while PostgreSQL is away', () => {
  it('answers 503 with Retry-After within two seconds, stays alive, and recovers by itself', async () => {
    await api.place(anOrder()) // the key is known and the pool warm
    await wire.cut()
    const { answer, ms } = await timed(api.place(anOrder()))
    expect([answer.status, answer.body.code]).toEqual([503, 'database-unavailable'])
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
    expect(ms).toBeLessThan(2_000)
    expect((await api.http.get('/healthz')).status).toBe(200)
    expect((await api.http.get('/readyz')).status).toBe(503)
    expect(await api.get('/v1/orders')).toMatchObject({ status: 503, body: { code: 'database-unavailable' } })
    await wire.mend()
    await ready()
    expect((await api.place(anOrder())).status).toBe(202)
    await expectNothingHalfDone()
  })

  it('answers within two seconds when the database hangs', async () => {
    wire.freeze()
    const answers = await Promise.all(Array.from({ length: 20 }, () => timed(api.place(anOrder()))))
    for (const { answer, ms } of answers) {
      expect(answer.status).toBe(503)
      expect(answer.headers).toHaveProperty('retry-after')
      expect(ms).toBeLessThan(2_100)
    }
    wire.thaw()
    await ready()
    expect((await api.place(anOrder())).status).toBe(202)
    await expectNothingHalfDone()
  })

  it('makes one order of each key, however often the wire is cut and the caller tries again', async () => {
    const place = async (name: string): Promise<string> => {
      const answer = await deadline(`order ${name}`, async () => {
        const { status, body } = await api.place(anOrder(), { 'idempotency-key': name })
        return status === 202 && body
      })
      return answer.id
    }
    const orders = await real.db.order.count()
    const placed = async () => (await real.db.order.count()) - orders
    const placing = Array.from({ length: ORDERS }, (_, index) => place(`storm-${index}`))
    for (let cut = 0; cut < 4; cut++) {
      const before = await placed()
      await deadline('an order', async () => (await placed()) > before || (await placed()) === ORDERS)
      await wire.cut()
      await wire.mend()
    }
    const ids = await Promise.all(placing)
    expect(new Set(ids).size).toBe(ORDERS)
    expect(await real.db.order.count()).toBe(orders + ORDERS)
    await expectNothingHalfDone()
  })
})
