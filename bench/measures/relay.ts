import { setTimeout as wait } from 'node:timers/promises'
import { findReactions, loadReactions, startRelay } from '#messaging'
import { openPublisher, WINDOW } from '../baselines/publishing.ts'
import type { Benchmark, Ratio, Side } from '../benchmark.ts'
import type { BenchDatabase } from '../environment/databases.ts'
import type { Environment } from '../environment/environment.ts'
import { openMessaging, purge, subscribe, type Subscription } from '../environment/messaging.ts'
import { WORKERS } from '../environment/system.ts'
import { storeOrders } from '../load/stored-orders.ts'

const WARM_UP = 1_000
const FEWEST = 500
const ONE: readonly Subscription[] = [{ name: 'bench.note', eventTypes: ['order.placed'] }]

/** Stored events published by the relay, against publishing the same messages that are ready made. */
export function relay(environment: Environment): Benchmark {
  const ours = async (to: readonly Subscription[]) => relaySide(environment, await environment.create('relay'), to)
  return {
    title: 'Publishing events',
    method:
      'Stored events order.placed are read, enveloped and published by one relay with confirms, until its checkpoint is behind ' +
      'the last of them. The baseline publishes the same bytes, ready in memory, with confirms to the same kind of exchange and ' +
      'quorum queues: once with the queues of all reactions that are on order.placed, once with a single queue.',
    settings: { 'unconfirmed at once': WINDOW },
    sides: {
      publisher: async () => publisherSide(environment, await subscribersOfOrders()),
      relay: async () => ours(await subscribersOfOrders()),
      'publisher-single': () => publisherSide(environment, ONE),
      'relay-single': () => ours(ONE),
    },
    ratios: [
      { ...PUBLISHED, title: 'published to the queues of all reactions', ours: 'relay', baseline: 'publisher' },
      { ...PUBLISHED, title: 'published to a single queue', ours: 'relay-single', baseline: 'publisher-single' },
    ],
  }
}

const PUBLISHED = { value: 'rate', unit: 'events/s', goal: { ratio: 0.8 }, guarded: true } satisfies Partial<Ratio>

export async function subscribersOfOrders(): Promise<Subscription[]> {
  const reactions = await loadReactions(findReactions(WORKERS))
  const subscribed = reactions.filter(({ on }) => on.some(({ type }) => type === 'order.placed'))
  return subscribed.map(({ name }) => ({ name, eventTypes: ['order.placed'] }))
}

const queues = ({ length }: readonly Subscription[]) => `to ${length} quorum queue${length === 1 ? '' : 's'}`

async function publisherSide(environment: Environment, subscriptions: readonly Subscription[]): Promise<Side> {
  const database = await environment.create('publisher')
  const messaging = openMessaging(environment, database, `publisher-${subscriptions.length}`)
  await subscribe(messaging, subscriptions)
  await storeOrders(database.pool, WARM_UP)
  const publisher = await openPublisher(environment, messaging)
  const { messages } = await publisher.read(0n, WARM_UP)
  return filling(`amqplib, confirmed, ${queues(subscriptions)}`, async (count) => {
    await purge(environment, messaging, subscriptions)
    return publisher.publish(messages, count)
  })
}

/** A relay on this database, with queues of its own. */
export async function relaySide(
  environment: Environment,
  database: BenchDatabase,
  subscriptions: readonly Subscription[],
): Promise<Side> {
  const { pool } = database
  const messaging = openMessaging(environment, database, `relay-${subscriptions.length}`)
  await subscribe(messaging, subscriptions)
  const running = startRelay(messaging)
  environment.onReset(running.stop)
  return filling(`relay, ${queues(subscriptions)}`, async (count) => {
    await untilPublished(pool) // what others have stored meanwhile
    await purge(environment, messaging, subscriptions)
    await storeOrders(pool, count)
    const began = performance.now()
    running.wake()
    await untilPublished(pool)
    return (performance.now() - began) / 1_000
  })
}

/** Publishes as many as fill the time. @param publish so many. @returns seconds */
function filling(title: string, publish: (count: number) => Promise<number>): Side {
  let rate = 0
  const run = async (count: number) => ({ rate: (rate = count / (await publish(count))) })
  return {
    title,
    warmUp: async () => [await run(WARM_UP), await run(WARM_UP)],
    run: (seconds) => run(Math.max(FEWEST, Math.ceil(rate * seconds))),
  }
}

const LOOK_MS = 5
const PATIENCE_MS = 120_000

async function untilPublished(pool: BenchDatabase['pool']): Promise<void> {
  const { rows } = await pool.query<{ last: string | null }>('SELECT max(position) AS last FROM events')
  const end = performance.now() + PATIENCE_MS
  for (;;) {
    const relayed = await pool.query<{ position: string }>('SELECT position FROM relay_checkpoints')
    if (BigInt(relayed.rows[0]?.position ?? 0) >= BigInt(rows[0]!.last ?? 0)) return
    if (performance.now() > end) throw new Error('the relay did not publish everything within two minutes')
    await wait(LOOK_MS)
  }
}
