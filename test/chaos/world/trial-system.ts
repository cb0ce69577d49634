import { randomBytes } from 'node:crypto'
import { createNames, createRabbitMq, findReactions, loadReactions, topologyOf, type CrashPoint } from '#messaging'
import { upsertProducts } from '#domains/catalog'
import { receiveStock } from '#domains/inventory'
import { createLogger } from '#platform/log/logger'
import { deadline, requireTestService, testDatabase, testMailServer, type TestDatabase } from '#testing'
import { startGateway } from '../../../sandbox/payment-gateway/server.ts'
import { plantKey } from '../../../src/api/index.ts'
import { compile } from '../../../dev/processes/compiled.ts'
import { startProcess, type RunningProcess } from '../../../dev/processes/process.ts'
import { withSettings } from './processes.ts'

export type ProcessName = 'api' | 'relay' | 'worker'

export interface TrialSystem extends TestDatabase {
  /** Starts a real process of the system and waits until it works, unless it is to crash. */
  start(
    process: ProcessName,
    options?: { crashAt?: `${CrashPoint}:${number}`; env?: Record<string, string> },
  ): Promise<RunningProcess>
  /** Where the API that was started last listens. */
  readonly apiUrl: string
  post(order: object, idempotencyKey?: string): Promise<Response>
  readonly gatewayUrl: string
  /** The sandbox's own account of the money, by currency. */
  gatewayTotals(): Promise<Record<string, Record<string, { count: number; amount: number }>>>
  readonly mails: readonly { to: string[]; source: string }[]
  /** Waits until every reaction has handled every event it is on. */
  settled(within?: number): Promise<void>
  close(): Promise<void>
}

export const SKU = 'MUG-01'
export const PRICE = 1_250
export const RECEIVED = 100_000
const KEY = 'fanfare_trial'
const LADDER = [100, 500, 2_000]
/** Seconds that a busy machine may take to start a process. */
const STARTING_S = 90

export const anOrder = (email = 'ada@example.com', sku = SKU) => ({
  customer: { name: 'Ada Lovelace', email },
  shippingAddress: { line1: '12 St James Square', city: 'London', postalCode: 'SW1Y 4JH', country: 'GB' },
  lines: [{ sku, quantity: 2 }],
  payment: { token: 'pm_card_visa' },
})

const READY: Record<ProcessName, string> = { api: 'listening on', relay: 'standing by for', worker: 'reacting' }

/** The system in processes of its own, on a private database and under private broker names, with one product in stock. */
export async function trialSystem(given: Record<string, string> = {}): Promise<TrialSystem> {
  const program = await compile()
  const database = await testDatabase()
  const namespace = `chaos-${randomBytes(4).toString('hex')}`
  const gateway = await startGateway({ port: 0 })
  const mail = await testMailServer()
  const lives: RunningProcess[] = []
  let apiUrl = ''
  await stock(database)
  const env = {
    DATABASE_URL: database.url,
    RABBITMQ_URL: requireTestService('TEST_RABBITMQ_URL'),
    REDIS_URL: requireTestService('TEST_REDIS_URL'),
    SMTP_URL: mail.url,
    PAYMENT_GATEWAY_URL: gateway.url,
    MESSAGING_NAMESPACE: namespace,
    RETRY_DELAYS: LADDER.join(','),
    DATABASE_POOL: '5',
    PORT: '0',
    ...given,
  }
  return {
    ...database,
    async start(name, { crashAt, env: more } = {}) {
      const settings = { ...env, ...more, ...(crashAt && { CRASH_AT: crashAt }) }
      const life = startProcess({ name, ...withSettings(program(`src/main/${name}.ts`), settings) })
      lives.push(life)
      if (name === 'api') {
        await life.says(READY.api, STARTING_S)
        apiUrl = /listening on (http:\/\/[^\s,"]+)/.exec(life.output())![1]!
      } else if (!crashAt) await life.says(READY[name], STARTING_S)
      return life
    },
    get apiUrl() {
      return apiUrl
    },
    post: (order, idempotencyKey) =>
      fetch(`${apiUrl}/v1/orders`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${KEY}`,
          'content-type': 'application/json',
          ...(idempotencyKey && { 'idempotency-key': idempotencyKey }),
        },
        body: JSON.stringify(order),
      }),
    gatewayUrl: gateway.url,
    gatewayTotals: async () => (await (await fetch(`${gateway.url}/v1/totals`)).json()) as never,
    mails: mail.received,
    settled: (within = 90_000) => deadline('settled', () => isSettled(database), { within, every: 200 }).then(() => {}),
    async close() {
      await Promise.all(lives.map((life) => life.stop()))
      await Promise.all([gateway.close(), mail.close(), removeNames(env.RABBITMQ_URL, namespace)])
      await database.close()
    },
  }
}

function stock({ db }: TestDatabase) {
  return db.$transaction(async (tx) => {
    await plantKey(db, 'trial', KEY)
    await upsertProducts(tx, [{ sku: SKU, name: 'Enamel mug', price: PRICE, currency: 'GBP' }])
    await receiveStock(tx, [{ sku: SKU, quantity: RECEIVED }])
  })
}

/** True when no event lacks a ledger row of a subscribed reaction and no order waits for anything. */
async function isSettled({ db }: Pick<TestDatabase, 'db'>): Promise<boolean> {
  const [row] = await db.$queryRaw<{ open: bigint; reactions: bigint; waiting: bigint }[]>`
    SELECT
      (SELECT count(*) FROM subscriptions) AS reactions,
      (SELECT count(*) FROM orders WHERE status IN ('placed', 'confirmed')) AS waiting,
      (SELECT count(*) FROM events JOIN subscriptions s ON s.event_type = events.type AND events.position > s.since
        WHERE NOT EXISTS (SELECT FROM handled_events d WHERE d.event_id = events.id AND d.reaction = s.reaction)
          AND NOT EXISTS (SELECT FROM deliveries l WHERE l.event_id = events.id AND l.reaction = s.reaction AND l.state = 'dead')) AS open`
  return row!.reactions > 0n && row!.open === 0n && row!.waiting === 0n
}

async function removeNames(url: string, namespace: string) {
  const names = createNames(namespace)
  const broker = createRabbitMq({ url, name: 'fanfare chaos test', log: createLogger('test', 'silent') })
  for (const { name, on } of await loadReactions(findReactions('workers')))
    await broker.destroy(topologyOf(names, { name, eventTypes: on.map(({ type }) => type) }))
  await broker.close()
}
