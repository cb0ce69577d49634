import { setTimeout as wait } from 'node:timers/promises'
import { OrderPlaced } from '#events'
import { defineReaction, findReactions, loadReactions, runReaction, selectReactions, type Reaction } from '#messaging'
import { register } from '#platform/metrics'
import { commits } from '../baselines/commits.ts'
import { openPublisher, WINDOW } from '../baselines/publishing.ts'
import { ONE_ROW, RESERVE_STOCK } from '../baselines/transactions.ts'
import type { Benchmark, Ratio, Side } from '../benchmark.ts'
import type { BenchDatabase } from '../environment/databases.ts'
import type { Environment } from '../environment/environment.ts'
import { openMessaging, purge, subscribe, type Messaging } from '../environment/messaging.ts'
import { lastPosition } from '../environment/settled.ts'
import { WORKERS } from '../environment/system.ts'
import { storeOrders } from '../load/stored-orders.ts'

const NOTES =
  'CREATE TABLE IF NOT EXISTS bench_notes (order_id uuid NOT NULL PRIMARY KEY, noted_at timestamptz NOT NULL)'
const STOCK = 'inventory.reserve-stock'
const MANY = 8
const WARM_UP = 1_000
const FEWEST = 500

/** Messages through one reaction in one process, against one commit per message. */
export function react(environment: Environment): Benchmark {
  const ours = async (reaction: Reaction, title: string) =>
    reactionSide(environment, await environment.create('react'), reaction, title)
  return {
    title: 'Reacting',
    method:
      'A queue full of order.placed is worked off by one reaction in one process, from its first batch to its last. The baseline ' +
      'reads and writes the same rows without any broker, one message after the other: BEGIN, a prepared statement for each table ' +
      '(handled events are asked, then the effect and the row there; for the stock also reservation, stream and the event that ' +
      `follows), COMMIT, with ids in the order of time made by the client; by one client, and by ${MANY} at once.`,
    settings: { 'messages per batch': 'up to 100' },
    sides: {
      commits: () => commits(environment, ONE_ROW, 1, NOTES),
      note: () => ours(note, 'handle, one row for each message'),
      'note-many': () => ours(noteMany, 'handleBatch, one statement for a batch'),
      'commits-many': () => commits(environment, ONE_ROW, MANY, NOTES),
      'stock-commits': () => commits(environment, RESERVE_STOCK, 1),
      stock: async () => ours(await reserveStock(), STOCK),
      'stock-commits-many': () => commits(environment, RESERVE_STOCK, MANY),
    },
    ratios: [
      { ...AGAINST_ONE, title: 'one row, handle', ours: 'note', baseline: 'commits' },
      { ...GUARDED, title: `one row, handle, ${AT_ONCE}`, ours: 'note', baseline: 'commits-many' },
      { ...AGAINST_ONE, title: 'one row, handleBatch', ours: 'note-many', baseline: 'commits' },
      { ...GUARDED, title: `one row, handleBatch, ${AT_ONCE}`, ours: 'note-many', baseline: 'commits-many' },
      { ...AGAINST_ONE, title: STOCK, ours: 'stock', baseline: 'stock-commits' },
      { ...GUARDED, title: `${STOCK}, ${AT_ONCE}`, ours: 'stock', baseline: 'stock-commits-many' },
    ],
  }
}

const RATE = { value: 'rate', unit: 'messages/s' } satisfies Partial<Ratio>
/** What a consumer reaches that commits each message. Its pace is that of the disk, which differs tenfold between hours. */
const AGAINST_ONE = { ...RATE, goal: { ratio: 1.5 } } satisfies Partial<Ratio>
/** These clients share the disk's time, as our batches do: this ratio tells of the code. */
const GUARDED = { ...RATE, guarded: true } satisfies Partial<Ratio>
const AT_ONCE = `against ${MANY} clients`

/** The simplest reaction there is: one row for each event. */
const note = defineReaction({
  name: 'bench.note',
  on: OrderPlaced,
  async handle({ data: { orderId } }, { tx }) {
    await tx.$executeRaw`INSERT INTO bench_notes (order_id, noted_at) VALUES (${orderId}::uuid, now())`
  },
})

/** The same with one statement for all the events of a batch. */
const noteMany = defineReaction({
  name: 'bench.note-many',
  on: OrderPlaced,
  async handleBatch(events, { tx }) {
    const orderIds = events.map(({ data }) => data.orderId)
    await tx.$executeRaw`INSERT INTO bench_notes (order_id, noted_at) SELECT unnest(${orderIds}::uuid[]), now()`
    return events.map(() => undefined)
  },
})

export async function reserveStock(): Promise<Reaction> {
  return (await loadReactions(selectReactions(findReactions(WORKERS), [STOCK])))[0]!
}

/** After a position: what lies before it costs nothing. */
const HANDLED = `SELECT count(*)::int AS handled FROM events JOIN handled_events ON event_id = id
  WHERE position > $1 AND reaction = $2`

/** A reaction to `order.placed`, on a queue of its own. */
export async function reactionSide(
  environment: Environment,
  database: BenchDatabase,
  reaction: Reaction,
  title: string,
): Promise<Side> {
  await database.pool.query(NOTES)
  const messaging = openMessaging(environment, database, reaction.name.replaceAll('.', '-'))
  const subscriptions = [{ name: reaction.name, eventTypes: ['order.placed'] }]
  await subscribe(messaging, subscriptions)
  const publisher = await openPublisher(environment, messaging)
  let rate = 0
  const workOff = async (count: number) => {
    await purge(environment, messaging, subscriptions)
    const after = await lastPosition(database)
    await storeOrders(database.pool, count)
    await publishAll(publisher, after)
    rate = await drain(reaction, messaging, count)
    const { rows } = await database.pool.query<{ handled: number }>(HANDLED, [after, reaction.name])
    if (rows[0]?.handled !== count) throw new Error(`${rows[0]?.handled} of ${count} messages are noted as handled`)
    return { rate }
  }
  return {
    title,
    warmUp: async () => [await workOff(WARM_UP), await workOff(WARM_UP)],
    run: (seconds) => workOff(Math.max(FEWEST, Math.ceil(rate * seconds))),
  }
}

/** Page by page: what is ready to be published fills the memory. */
async function publishAll({ read, publish }: Awaited<ReturnType<typeof openPublisher>>, after: bigint): Promise<void> {
  const { messages, last } = await read(after, WINDOW)
  if (last === undefined) return
  await publish(messages, messages.length)
  await publishAll({ read, publish }, last)
}

const LOOK_MS = 2
const PATIENCE_MS = 120_000

/** Handles so many messages that wait in its queue. @returns messages per second, from the first batch to the last */
async function drain(reaction: Reaction, messaging: Messaging, count: number): Promise<number> {
  const before = await doneBy(reaction)
  const running = await runReaction(reaction, messaging)
  const end = performance.now() + PATIENCE_MS
  let first: { at: number; done: number } | undefined
  try {
    for (;;) {
      const done = (await doneBy(reaction)) - before
      if (done > 0) first ??= { at: performance.now(), done }
      if (done >= count) return (count - first!.done) / ((performance.now() - first!.at) / 1_000)
      if (performance.now() > end) throw new Error(`handled ${done} of ${count} messages within two minutes`)
      await wait(LOOK_MS)
    }
  } finally {
    await running.stop()
  }
}

/** Messages so far in this process. @throws when one was not simply handled */
async function doneBy({ name }: Reaction): Promise<number> {
  const { values } = await register.getSingleMetric('fanfare_deliveries_total')!.get()
  const own = values.filter(({ labels }) => labels['reaction'] === name)
  for (const { labels, value } of own)
    if (labels['outcome'] !== 'done') throw new Error(`${value} messages ended as ${labels['outcome']}`)
  return own.reduce((sum, { value }) => sum + value, 0)
}
