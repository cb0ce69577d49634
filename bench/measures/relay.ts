import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createWakeUp, findReactions, loadReactions } from '#messaging'
import { PROJECT } from '../../dev/services/index.ts'
import type { Comparison, Contest, Side } from '../contest.ts'
import { perUnit } from '../limits/pgbench.ts'
import { storeOrders } from '../load/stored-orders.ts'
import { declareQueues, type Subscription } from '../stage/broker.ts'
import { subscribeTo, type BenchDatabase } from '../stage/databases.ts'
import { environment } from '../stage/shop.ts'
import type { Stage } from '../stage/stage.ts'

/** Unconfirmed at once; more makes the broker no faster. */
const WINDOW = 2_000
const WARM_UP = 1_000
const FEWEST = 500

/** Stored events published by the relay, against publishing the same messages that are ready made. */
export async function relay(stage: Stage): Promise<Contest> {
  const shop = await subscribersOfOrders()
  const one = [{ name: 'bench.note', eventTypes: ['order.placed'] }]
  const [fanout, single] = [await sidesFor(stage, 'fanout', shop), await sidesFor(stage, 'single', one)]
  const queues = `${shop.length} queues`
  return {
    name: 'relay',
    title: 'Publishing events',
    method:
      'Facts order.placed that are stored already are read, enveloped and published by one relay process with confirms, until ' +
      'its checkpoint is behind the last of them. The limit publishes the same bytes, ready in memory, with confirms to the same ' +
      'kind of exchange and quorum queues: once with the queues of all reactions that are on order.placed, once with a single queue.',
    settings: { 'unconfirmed at once': WINDOW, 'queues bound': shop.length },
    sides: { limit: fanout.limit, relay: fanout.relay, 'limit-single': single.limit, 'relay-single': single.relay },
    comparisons: [
      compare(`published to ${queues}`, 'relay', 'limit'),
      compare('published to a single queue', 'relay-single', 'limit-single'),
    ],
  }
}

const compare = (title: string, ours: string, limit: string): Comparison => ({
  title,
  ours,
  limit,
  value: 'rate',
  unit: 'events/s',
  better: 'higher',
  goal: { ratio: 0.8 },
})

/** As the folder of reactions has them. */
export async function subscribersOfOrders(): Promise<Subscription[]> {
  const workers = await loadReactions(findReactions(path.join(PROJECT, 'workers')))
  return workers.flatMap(({ name, on }) =>
    on.some(({ type }) => type === 'order.placed') ? [{ name, eventTypes: ['order.placed'] }] : [],
  )
}

async function sidesFor(stage: Stage, label: string, subscriptions: readonly Subscription[]) {
  const to = `${subscriptions.length} quorum queue${subscriptions.length === 1 ? '' : 's'}`
  const database = await stage.create(`relay_${label}`)
  return {
    limit: { title: `amqplib, confirmed, to ${to}`, ...(await publishing(stage, label, subscriptions, database)) },
    relay: { title: `relay, to ${to}`, ...(await relaying(stage, label, subscriptions, database)) },
  }
}

type Run = Omit<Side, 'title'>

async function publishing(
  stage: Stage,
  label: string,
  subscriptions: readonly Subscription[],
  database: BenchDatabase,
): Promise<Run> {
  const { names, purge } = await declareQueues(stage, `limit-${label}`, subscriptions)
  const publisher = await stage.remote(`publisher ${label}`, 'bench/processes/publisher.ts', {})
  const rates = { expected: 0 }
  const publish = async (count: number) => {
    await purge()
    const work = () => publisher.ask<number>('publish', { count, window: WINDOW }, 120)
    const { result: seconds, cpu } = await stage.metered([publisher], work)
    rates.expected = count / seconds
    return { rate: count / seconds, ...perUnit(cpu, count) }
  }
  return {
    async warmUp() {
      await storeOrders(database.pool, WARM_UP)
      const { rabbitmq: rabbitmqUrl } = stage.urls
      const load = { databaseUrl: database.url, rabbitmqUrl, namespace: names.namespace, messages: WARM_UP }
      await publisher.ask('load', load)
      await publish(WARM_UP)
    },
    run: (seconds) => publish(Math.max(FEWEST, Math.ceil(rates.expected * seconds))),
  }
}

/** A relay process on this database, with queues of its own. */
export async function relaying(
  stage: Stage,
  label: string,
  subscriptions: readonly Subscription[],
  { db, pool, ...database }: BenchDatabase,
): Promise<Run> {
  const { names, purge } = await declareQueues(stage, `relay-${label}`, subscriptions)
  for (const { name, eventTypes } of subscriptions)
    for (const eventType of eventTypes) await subscribeTo({ db }, name, eventType)
  const env = environment(stage, { db, pool, ...database }, names.namespace)
  const process = await stage.remote(`relay ${label}`, 'bench/processes/relay.ts', env)
  const { wake } = createWakeUp(pool)
  let expected = 0
  const publish = async (count: number) => {
    await untilPublished(pool) // what others have stored meanwhile
    await purge()
    const { result: seconds, cpu } = await stage.metered([process], async () => {
      await storeOrders(pool, count)
      const began = performance.now()
      wake()
      await untilPublished(pool)
      return (performance.now() - began) / 1_000
    })
    expected = count / seconds
    const { postgres: _storing, ...others } = cpu
    return { rate: count / seconds, ...perUnit(others, count) }
  }
  return {
    async warmUp() {
      await process.ask('start')
      await publish(WARM_UP)
      await publish(WARM_UP)
    },
    run: (seconds) => publish(Math.max(FEWEST, Math.ceil(expected * seconds))),
  }
}

const LOOK_MS = 5
const PATIENCE_MS = 120_000

async function untilPublished(pool: BenchDatabase['pool']): Promise<void> {
  const { rows } = await pool.query<{ last: string | null }>('SELECT max(position) AS last FROM events')
  const end = performance.now() + PATIENCE_MS
  for (;;) {
    const relayed = await pool.query<{ position: string }>('SELECT position FROM relay_leases')
    if (BigInt(relayed.rows[0]?.position ?? 0) >= BigInt(rows[0]!.last ?? 0)) return
    if (performance.now() > end) throw new Error('the relay did not publish everything within two minutes')
    await wait(LOOK_MS)
  }
}
