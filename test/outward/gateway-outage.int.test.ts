// The payment gateway answers every request with an error while orders come in. How soon does the overview name it, and does everything
// drain afterwards without a hand?  GATEWAY_DOWN_SECONDS=120 GATEWAY_ORDERS=50 npm test -- gateway-outage
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { receiveStock } from '#domains/inventory'
import { closeMailer } from '#domains/notification'
import { createBrokerProbe, findReactions, loadReactions } from '#messaging'
import { createLogger } from '#platform/log/logger'
import { deadline, requireTestService, testMailServer, testSystem } from '#testing'
import { startGateway } from '../../sandbox/payment-gateway/server.ts'
import { adminRoutes } from '../../src/admin/index.ts'
import { audit, isBroken } from '../../src/audit/index.ts'
import type { Overview } from '../../src/admin/contract/index.ts'
import { anOrder, MUG, testApi, type TestApi } from '../../src/testing/api.ts'

const downSeconds = Number(process.env['GATEWAY_DOWN_SECONDS'] ?? 0)
const perSecond = Number(process.env['GATEWAY_ORDERS'] ?? 50)
const PATIENT = { within: 60_000, every: 200 }
const RETRY_DELAYS = [1_000, 5_000, 25_000, 125_000, 600_000]

jest.setTimeout((downSeconds + 900) * 1_000)

/** The sandbox's gateway behind a door: while that is shut every request is answered with 500. */
async function gatewayBehindDoor() {
  const gateway = await startGateway({ port: 0 })
  let isShut = false
  const server = createServer((asked, answer) => {
    if (isShut) {
      asked.resume()
      return answer.writeHead(500, { 'content-type': 'application/json' }).end('{"error":{"code":"internal_error"}}')
    }
    const { method, headers } = asked
    const onwards = request(gateway.url + asked.url, { method, headers }, (answered) => {
      answer.writeHead(answered.statusCode!, answered.headers)
      answered.pipe(answer)
    })
    onwards.on('error', () => answer.destroy())
    asked.pipe(onwards)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    shut: (shut: boolean) => void (isShut = shut),
    async close() {
      server.closeAllConnections()
      server.close()
      await gateway.close()
    },
  }
}

async function openSystem(gatewayUrl: string) {
  const mail = await testMailServer()
  Object.assign(process.env, {
    DATABASE_URL: requireTestService('TEST_DATABASE_URL'),
    RABBITMQ_URL: requireTestService('TEST_RABBITMQ_URL'),
    REDIS_URL: requireTestService('TEST_REDIS_URL'),
    SMTP_URL: mail.url,
    PAYMENT_GATEWAY_URL: gatewayUrl,
  })
  const system = await testSystem(await loadReactions(findReactions('workers')), { retryDelays: RETRY_DELAYS })
  const rabbitmq = createBrokerProbe(requireTestService('TEST_RABBITMQ_URL'))
  const ending = new AbortController()
  const routes = adminRoutes({
    db: system.db,
    projections: { read: () => Promise.reject(new Error('not asked')) },
    isKnown: () => true,
    reactionCalled: async () => undefined,
    audit: () => audit(system.db),
    flow: async () => ({ publishers: [], types: [], publishes: [], reacts: [] }),
    services: { rabbitmq: rabbitmq.ask, redis: () => Promise.resolve('Redis') },
    log: createLogger('test', 'silent'),
    ending: ending.signal,
  })
  const api = await testApi(system, routes)
  await receiveStock(system.db, [{ sku: MUG.sku, quantity: 1_000_000 }])
  const close = async () => {
    ending.abort()
    await api.close()
    await rabbitmq.close()
    await system.close()
    closeMailer()
    await mail.close()
  }
  return { system, api, close }
}

/** Places orders at an even pace until it is stopped. @returns how many were answered with each status */
function customers(place: (nth: number) => PromiseLike<{ status: number }>) {
  const began = performance.now()
  const answers: Promise<number>[] = []
  let isOver = false
  const placing = (async () => {
    for (let next = 0; !isOver; next += 1_000 / perSecond) {
      await wait(Math.max(0, began + next - performance.now()))
      answers.push(
        Promise.resolve(place(answers.length)).then(
          ({ status }) => status,
          () => 0, // no answer
        ),
      )
    }
  })()
  return async () => {
    isOver = true
    await placing
    const statuses = await Promise.all(answers)
    const count = (status: number) => statuses.filter((one) => one === status).length
    return Object.fromEntries([...new Set(statuses)].map((status) => [status, count(status)]))
  }
}

const seconds = (since: number) => (performance.now() - since) / 1_000

/** Looks at what is failing until it names the gateway by a kind of failure. @returns the sentence, and seconds from now until then */
async function namedAs(api: TestApi, isMeant: (kind: string) => boolean) {
  const began = performance.now()
  const look = async () => {
    const { failures } = (await api.get('/v1/admin/overview')).body as Pick<Overview, 'failures'>
    return failures.find((failure) => isMeant(failure.kind) && failure.sentence.includes('payment gateway'))?.sentence
  }
  const sentence = await deadline('the overview names the gateway', look, PATIENT)
  return { sentence, seconds: seconds(began) }
}

;(downSeconds > 0 ? it : it.skip)(
  'an outage of the gateway is named within 5 s, and drains without a hand',
  async () => {
    const gateway = await gatewayBehindDoor()
    const { system, api, close } = await openSystem(gateway.url)
    const stop = customers((nth) => api.place(anOrder({ customer: { name: 'Ada', email: `ada-${nth}@example.com` } })))
    try {
      const handled = () => system.db.handledEvent.count({ where: { reaction: 'payment.authorize-payment' } })
      await deadline('payments are authorized', async () => (await handled()) > perSecond, PATIENT)
      gateway.shut(true)
      const shutAt = performance.now()
      const [named, paused] = await Promise.all([
        namedAs(api, () => true),
        namedAs(api, (kind) => kind === 'breaker'),
        wait(downSeconds * 1_000),
      ])
      const downFor = seconds(shutAt)
      gateway.shut(false)
      const openAt = performance.now()
      const answers = await stop()
      await system.settled(600_000)
      const drained = seconds(openAt)
      process.stderr.write(`${JSON.stringify({ perSecond, answers, downFor, named, paused, drained }, null, 2)}\n`)
      const broken = (await audit(system.db, { patienceMs: 0 })).filter((finding) => isBroken(finding))
      expect(named.seconds).toBeLessThan(5)
      expect(await system.db.delivery.count({ where: { state: { not: 'resolved' } } })).toBe(0)
      const orders = await system.db.order.groupBy({ by: ['status'], _count: true })
      expect(orders.map(({ status }) => status)).toEqual(['shipped'])
      expect(orders[0]!._count).toBeGreaterThanOrEqual(answers[202]!) // some are stored, and their answer is a timeout
      expect(broken).toEqual([])
    } finally {
      await stop()
      await close()
      await gateway.close()
    }
  },
)
