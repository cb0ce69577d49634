// 10,000 requests made from the OpenAPI document, the same on every run. Others, and more of them:
// HOSTILE_SEED=$RANDOM HOSTILE_REQUESTS=100000 npm test -- hostile-requests
import fc from 'fast-check'
import { pino } from 'pino'
import { Pool } from 'undici'
import { upsertProducts } from '#domains/catalog'
import { createFeed } from '#domains/live'
import { createPlacement } from '#domains/order'
import { keepTokens } from '#domains/payment'
import { closeMailer } from '#domains/notification'
import { SCOPES, type Route } from '#http'
import { createNames, findReactions, loadProjections, readStream } from '#messaging'
import {
  aPaymentRefunded,
  deadline,
  project,
  projectionReader,
  react,
  testDatabase,
  testMailServer,
  type TestDatabase,
} from '#testing'
import {
  createApi,
  createApiKeys,
  createClient,
  createLimits,
  createOnce,
  issueKey,
  serve,
  sessionRoutes,
} from '../../src/api/index.ts'
import { openApiDocument } from '../../src/api/openapi/openapi.ts'
import { catalogueRoutes } from '../../src/catalogue/index.ts'
import { clientRoutes } from '../../src/main/routes.ts'
import { anOrder, MUG, TEA } from '../../src/testing/api.ts'
import emailCustomer from '../../workers/notification/email-customer.ts'
import { KNOWN_ORDER, requestsFrom, type HostileRequest, type OpenApi } from './requests.ts'

const REQUESTS = Number(process.env['HOSTILE_REQUESTS'] || 10_000)
const SEED = Number(process.env['HOSTILE_SEED'] || 2_024_142_076)
const AT_ONCE = 16
const PART = 2_000

jest.setTimeout(60_000 + REQUESTS * 20)

interface Client {
  name: string
  key: string
  /** Stands in everything personal of its orders, and nowhere else. */
  marker: string
  orders: string[]
}

let database: TestDatabase
const lines: string[] = []
const clients: Client[] = []
let routes: readonly Route[]
let stop: () => Promise<void>
let http: Pool

beforeAll(async () => {
  database = await testDatabase()
  const { db } = database
  await upsertProducts(db, [MUG, TEA])
  const placement = createPlacement(db, keepTokens)
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) })
  const ending = new AbortController()
  const feed = createFeed({ db, log, ending: ending.signal })
  const projections = projectionReader(database, 50)
  const asked = { db, wake: () => {}, placement, projections, feed, isStopping: () => false }
  const keys = createApiKeys(db)
  const loadRelease = async () => ({ reactions: [], projections: [], routes, jobs: [] })
  routes = clientRoutes(asked)
  routes = [...routes, ...catalogueRoutes({ names: createNames(''), loadRelease }), ...sessionRoutes({ db, keys })]
  const limits = createLimits({ perClient: 1_000_000, perAddress: 1_000_000 })
  const server = await serve(createApi({ routes, keys, limits, once: createOnce(db), log }), 0)
  http = new Pool(`http://127.0.0.1:${server.port}`, { connections: AT_ONCE })
  stop = async () => {
    await http.close()
    ending.abort()
    await server.stop()
    await placement.flush()
  }
  for (const name of ['first', 'second', 'third']) await plantClient(name)
  await project(database, ...(await loadProjections(findReactions('workers'))))
})
afterAll(async () => {
  await stop()
  await database.close()
})

/** A change of a product that was let through may have taken it out of sale: nobody could order it any more. */
const sellAgain = () => database.db.$executeRaw`
  UPDATE products SET active = true, price = 1, currency = 'GBP' WHERE NOT active OR price <> 1 OR currency <> 'GBP'`

/** A client with orders that carry its marker. */
async function plantClient(name: string) {
  const owner = await createClient(database.db, name)
  const { key } = await issueKey(database.db, owner, { scopes: SCOPES.filter((scope) => scope !== 'admin') })
  const client: Client = { name, key, marker: `marker-of-${name}`, orders: [] }
  const { marker } = client
  const order = anOrder({
    customer: { name: marker, email: `${marker}@example.com` },
    shippingAddress: { line1: marker, city: marker, postalCode: 'SW1Y 4JH', country: 'GB' },
    payment: { token: `pm_${marker}` },
  })
  clients.push(client)
  for (let nth = 0; nth < 5; nth++) {
    const headers = { 'content-type': 'application/json', 'idempotency-key': `${marker}-${nth}` }
    const answer = await send({
      method: 'POST',
      path: '/v1/orders',
      headers,
      body: JSON.stringify(order),
      client: clients.length - 1,
    })
    client.orders.push((JSON.parse(answer.text) as { id: string }).id)
  }
}

interface Answer {
  status: number
  type: string
  text: string
}

async function send({ method, path, headers, body, client }: Omit<HostileRequest, 'template'>): Promise<Answer> {
  const all = clients.flatMap(({ orders }) => orders)
  const real = path.replaceAll(
    new RegExp(`${KNOWN_ORDER}(\\d+)`, 'g'),
    (_all, nth) => all[Number(nth) % all.length] ?? 'x',
  )
  const answer = await http.request({
    method,
    path: real,
    headers: { authorization: `Bearer ${clients[client]!.key}`, ...headers },
    body: body ?? null,
  })
  const type = String(answer.headers['content-type'] ?? '')
  return { status: answer.statusCode, type, text: await answer.body.text() }
}

/** What is wrong with an answer; undefined when nothing is. */
function faultOf(request: HostileRequest, { status, type, text }: Answer, document: OpenApi): string | undefined {
  const stranger = clients.find(({ marker }, index) => index !== request.client && text.includes(marker))
  if (stranger) return `it shows what is ${stranger.name}'s`
  if (/\bat \/|node_modules|SELECT |INSERT |prisma/i.test(text.replaceAll(String(request.body), '')))
    return 'it shows our insides'
  const documented = document.paths[request.template]![request.method.toLowerCase()]!.responses[String(status)]
  if (status >= 500 && status !== 503 && status !== 504) return 'it is a fault of ours'
  if (!documented) return 'its status is not documented'
  if (status >= 400) return problemFault({ type, text }, documented.description)
  const route = routes.find(({ method, path }) => method === request.method.toLowerCase() && path === request.template)!
  const schema = route.replies[status]?.schema
  const parsed = schema?.safeParse(JSON.parse(text))
  return parsed && !parsed.success ? `it is not as documented: ${parsed.error.message}` : undefined
}

function problemFault({ type, text }: Pick<Answer, 'type' | 'text'>, documented: string): string | undefined {
  if (!type.startsWith('application/problem+json')) return `it is ${type}, and no problem document`
  const { code } = JSON.parse(text) as { code: string }
  return documented.split(/[\s,:;]+/).includes(code) ? undefined : `its code ${code} is not documented`
}

it(`answers ${REQUESTS} requests of three clients as documented, and none shows what is another's (seed ${SEED})`, async () => {
  const document = openApiDocument(routes) as unknown as OpenApi
  const faults: string[] = []
  const statuses: Record<string, number> = {}
  for (let sent = 0; sent < REQUESTS && faults.length === 0; sent += PART) {
    const requests = fc.sample(requestsFrom(document), { numRuns: Math.min(PART, REQUESTS - sent), seed: SEED + sent })
    const ask = async () => {
      for (let request = requests.pop(); request; request = requests.pop()) {
        const answer = await send(request)
        statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
        if (request.template.startsWith('/v1/products')) await sellAgain()
        const fault = faultOf(request, answer, document)
        if (fault) faults.push(`${fault}: ${JSON.stringify({ request, answer }).slice(0, 1_500)}`)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, ask))
  }
  expect(faults.slice(0, 5)).toEqual([])
  expect(Object.keys(statuses)).toEqual(
    expect.arrayContaining(['200', '202', '400', '401', '403', '404', '415', '422']),
  )
  const log = lines.join('\n')
  for (const { marker, key } of clients) {
    expect(log).not.toContain(marker)
    expect(log).not.toContain(key)
  }
})

it('writes mails that show nothing of another client', async () => {
  const server = await testMailServer()
  const urls = { DATABASE_URL: database.url, RABBITMQ_URL: 'amqp://127.0.0.1:1', REDIS_URL: 'redis://127.0.0.1:1' }
  Object.assign(process.env, { ...urls, SMTP_URL: server.url })
  for (const [index, client] of clients.entries())
    for (const id of client.orders.slice(0, 2)) {
      await deadline('it is cancelled', async () => (await cancel(id, index)).status < 300)
      const stored = (await readStream(database.db, `order-${id}`)).filter(({ type }) => type === 'order.cancelled')
      await react(database, emailCustomer, ...stored, aPaymentRefunded({ orderId: id }))
    }
  closeMailer()
  await server.close()
  const mails = server.received.map(({ to, source }) => `${to.join()} ${readable(source)}`)
  for (const { marker, orders } of clients) {
    const own = mails.filter((mail) => mail.includes(marker))
    expect(own.length).toBeGreaterThanOrEqual(4)
    const others = clients.filter((one) => one.marker !== marker)
    const words = others.flatMap((one) => [one.marker, one.key, ...one.orders])
    expect(own.filter((mail) => words.some((word) => mail.includes(word)))).toEqual([])
    expect(own.every((mail) => mail.startsWith(`${marker}@example.com`))).toBe(true)
    const { number } = await database.db.order.findUniqueOrThrow({ where: { id: orders[0]! } })
    expect(own.some((mail) => mail.includes(number!))).toBe(true)
  }
})

/** It may be cancelled already. */
const cancel = (id: string, client: number) =>
  send({
    method: 'POST',
    path: `/v1/orders/${id}/cancel`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reason: clients[client]!.marker }),
    client,
  })

/** A mail without the encodings of its parts. */
const readable = (source: string) =>
  source
    .replaceAll(/=\r\n/g, '')
    .replaceAll(/(?:[A-Za-z\d+/]{40,}={0,2}\r\n)+/g, (text) => text + Buffer.from(text, 'base64').toString())
