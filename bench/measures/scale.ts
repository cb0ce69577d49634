import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { PROJECT } from '../../scripts/services/index.ts'
import type { Comparison, Contest, Side } from '../contest.ts'
import { storeHistory } from '../load/history.ts'
import { storeOrders } from '../load/stored-orders.ts'
import type { Options } from '../options.ts'
import { declareQueues } from '../stage/broker.ts'
import type { BenchDatabase } from '../stage/databases.ts'
import { environment } from '../stage/shop.ts'
import type { Stage } from '../stage/stage.ts'
import { apiSide } from './accept.ts'
import { reactionSide } from './react.ts'
import { relaying } from './relay.ts'

const WAITING = 'bench.ask-slowly'
const SLOW_MS = 20
const REPLICAS = [1, 2, 4]

/** One reaction that mostly waits, in one process and in several. */
export async function replicas(stage: Stage): Promise<Contest> {
  const outside = await stage.remote('outside', 'bench/processes/outside.ts', {})
  const { analyticsUrl } = await outside.ask<{ analyticsUrl: string }>('start')
  await outside.ask('behave', { analyticsMs: SLOW_MS, mails: true })
  const database = await stage.create('replicas')
  const { names, purge } = await declareQueues(stage, 'replicas', [{ name: WAITING, eventTypes: ['order.placed'] }])
  const env = { ...environment(stage, database, names.namespace), ANALYTICS_URL: analyticsUrl }
  const workers = await Promise.all(
    Array.from({ length: Math.max(...REPLICAS) }, async (_, nth) => {
      const worker = await stage.remote(`replica ${nth + 1}`, 'bench/processes/worker.ts', env)
      await worker.ask('load', { folder: path.join(PROJECT, 'bench/reactions'), name: WAITING })
      return worker
    }),
  )
  const feeder = await stage.remote('feeder', 'bench/processes/publisher.ts', {})
  const where = { databaseUrl: database.url, rabbitmqUrl: stage.urls.rabbitmq, namespace: names.namespace }
  const drain = async (count: number, messages: number) => {
    await purge()
    const after = await lastPosition(database)
    await storeOrders(database.pool, messages)
    await feeder.ask('load', { ...where, messages, after })
    await feeder.ask('publish', { count: messages, window: 1_000 })
    const active = workers.slice(0, count)
    const began = performance.now()
    await Promise.all(active.map((worker) => worker.ask('begin')))
    await untilHandled(database, after, messages)
    const rate = messages / ((performance.now() - began) / 1_000)
    await Promise.all(active.map((worker) => worker.ask('end')))
    return { rate }
  }
  const side = (count: number): Side => {
    let expected = 100 * count
    const run = async (seconds: number) => {
      const sample = await drain(count, Math.max(100, Math.ceil(expected * seconds)))
      expected = sample.rate
      return sample
    }
    return { title: `${count} process${count === 1 ? '' : 'es'}`, warmUp: async () => void (await run(1)), run }
  }
  return {
    name: 'replicas',
    title: 'More processes of one reaction',
    method:
      `A reaction whose call takes ${SLOW_MS} ms at an outside service, four at once in each process, works off a full queue: in one ` +
      'process, in two and in four, which share the queue. The ratio is the gain over one process.',
    settings: { 'call ms': SLOW_MS, 'calls at once per process': 4 },
    sides: Object.fromEntries(REPLICAS.map((count) => [String(count), side(count)])),
    comparisons: [gain(2, 1.8), gain(4, 3.2)],
  }
}

const gain = (count: number, ratio: number): Comparison => ({
  title: `${count} processes in place of one`,
  ours: String(count),
  limit: '1',
  value: 'rate',
  unit: 'messages/s',
  better: 'higher',
  goal: { ratio },
  guarded: false,
})

async function lastPosition({ pool }: BenchDatabase): Promise<bigint> {
  const { rows } = await pool.query<{ last: string }>('SELECT coalesce(max(position), 0) AS last FROM events')
  return BigInt(rows[0]!.last)
}

async function untilHandled({ pool }: BenchDatabase, after: bigint, count: number): Promise<void> {
  const end = performance.now() + 120_000
  for (;;) {
    const { rows } = await pool.query<{ handled: number }>(
      `SELECT count(*)::int AS handled FROM deliveries d JOIN events e ON e.id = d.event_id WHERE e.position > $1 AND d.worker = $2`,
      [String(after), WAITING],
    )
    if (rows[0]!.handled >= count) return
    if (performance.now() > end) throw new Error(`${rows[0]!.handled} of ${count} messages handled within two minutes`)
    await wait(20)
  }
}

/** The same work on databases that hold more and more events. */
export async function growth(stage: Stage, { events }: Options): Promise<Contest> {
  const sizes = events.toSorted((a, b) => a - b)
  const sides: Record<string, Side> = {}
  for (const size of sizes) Object.assign(sides, await sidesAt(stage, size))
  const [smallest = 0, ...larger] = sizes
  return {
    name: 'growth',
    title: 'The same work with more events stored',
    method:
      'Databases are filled as if orders had gone all their way: orders, lines, keys, nine events each, and the ledger rows of their ' +
      'reactions. On each of them the API takes orders, a relay announces and a worker reserves stock, in turns. The ratio is the ' +
      `pace in comparison with ${shown(smallest)} events: 1 is flat.`,
    settings: {},
    sides,
    comparisons: larger.flatMap((size) =>
      Object.entries(UNITS).map(([work, unit]): Comparison => {
        const [ours, limit] = [`${work} ${size}`, `${work} ${smallest}`]
        const title = `${work}, ${shown(size)} events stored`
        return { title, ours, limit, value: 'rate', unit, better: 'higher', goal: { ratio: 0.8 }, guarded: false }
      }),
    ),
  }
}

const UNITS = { accept: 'orders/s', relay: 'events/s', 'reserve stock': 'messages/s' }

async function sidesAt(stage: Stage, size: number): Promise<Record<string, Side>> {
  const database = await stage.create(`events_${size}`)
  await storeHistory(database.pool, size)
  const at = (side: Omit<Side, 'title'>, what: string): Side => ({ ...side, title: `${what}, ${shown(size)} events` })
  const subscriptions = [{ name: 'bench.note', eventTypes: ['order.placed'] }]
  const stock = { folder: path.join(PROJECT, 'workers'), name: 'inventory.reserve-stock', title: '', database }
  return {
    [`relay ${size}`]: at(await relaying(stage, `relay-${size}`, subscriptions, database), 'relay'),
    [`reserve stock ${size}`]: at(await reactionSide(stage, stock), 'reserve-stock'),
    [`accept ${size}`]: at(await apiSide(stage, database), 'API'),
  }
}

const shown = (events: number) => events.toLocaleString('en-GB')
