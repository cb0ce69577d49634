import path from 'node:path'
import { PROJECT } from '../../dev/services/index.ts'
import type { Comparison, Contest, Side } from '../contest.ts'
import { commitLimit, perUnit } from '../limits/pgbench.ts'
import { atOnce, ONE_ROW, RESERVE_STOCK } from '../limits/statement.ts'
import { storeOrders } from '../load/stored-orders.ts'
import type { Options } from '../options.ts'
import { declareQueues } from '../stage/broker.ts'
import { subscribeTo, type BenchDatabase } from '../stage/databases.ts'
import { lastPosition } from '../stage/settled.ts'
import { environment, startGateway } from '../stage/shop.ts'
import type { Stage } from '../stage/stage.ts'

const NOTES = 'CREATE TABLE bench_notes (order_id uuid NOT NULL PRIMARY KEY, noted_at timestamptz NOT NULL)'
const MANY = 8
const SHOP = path.join(PROJECT, 'workers')
const STOCK = 'inventory.reserve-stock'
const WARM_UP = 1_000
const FEWEST = 500

/** Messages through one reaction in one process, against one commit per message. */
export async function react(stage: Stage, { reaction: asked }: Options): Promise<Contest> {
  if (asked) return reactWith(stage, asked)
  const own = path.join(PROJECT, 'bench/reactions')
  return {
    name: 'react',
    title: 'Reacting',
    method:
      'A queue full of order.placed is worked off by one worker process with one reaction, from its first batch to its last. ' +
      'The limit reads and writes the same rows as a worker does that commits one message after the other, without any ' +
      'broker: BEGIN, one prepared statement for each table (the ledger is asked, then effect and ledger row; for the stock ' +
      'also reservation, stream and the event that follows), COMMIT, with ids made by the client in the order of time; ' +
      `by one client, as a worker that takes one message after the other would, and by ${MANY} at once. Beside it stands ` +
      'the same in one statement and one round trip, which nobody writes.',
    settings: { 'messages per batch': 'up to 100' },
    sides: {
      'limit-row': await commitLimit(stage, ONE_ROW, 1, NOTES),
      note: await reactionSide(stage, { folder: own, name: 'bench.note', title: 'handle, one row for each message' }),
      'note-many': await reactionSide(stage, {
        folder: own,
        name: 'bench.note-many',
        title: 'handleBatch, one statement for a batch',
      }),
      'limit-row-many': await commitLimit(stage, ONE_ROW, MANY, NOTES),
      'limit-stock': await commitLimit(stage, RESERVE_STOCK, 1),
      stock: await reactionSide(stage, { folder: SHOP, name: STOCK, title: STOCK }),
      'limit-stock-many': await commitLimit(stage, RESERVE_STOCK, MANY),
      'limit-row-at-once': await commitLimit(stage, atOnce(ONE_ROW), 1, NOTES),
      'limit-stock-at-once': await commitLimit(stage, atOnce(RESERVE_STOCK), 1),
    },
    comparisons: [
      compare('one row, handle', 'note', 'limit-row', 1.5),
      compare('one row, handleBatch', 'note-many', 'limit-row', 1.5),
      compare(`one row, handleBatch, against ${MANY} clients`, 'note-many', 'limit-row-many'),
      compare('one row, handleBatch, against one statement each', 'note-many', 'limit-row-at-once'),
      compare(STOCK, 'stock', 'limit-stock', 1.5),
      compare(`${STOCK} against ${MANY} clients`, 'stock', 'limit-stock-many'),
      compare(`${STOCK} against one statement each`, 'stock', 'limit-stock-at-once'),
    ],
  }
}

/** Any reaction to order.placed. */
async function reactWith(stage: Stage, name: string): Promise<Contest> {
  const gateway = await startGateway(stage)
  return {
    name: 'react-with',
    title: `Reacting with ${name}`,
    method:
      'A queue full of order.placed is worked off by one worker process, against one ledger row and one row per commit.',
    settings: {},
    sides: {
      limit: await commitLimit(stage, ONE_ROW, 1, NOTES),
      ours: await reactionSide(stage, { folder: SHOP, name, title: name, settings: { PAYMENT_GATEWAY_URL: gateway } }),
    },
    comparisons: [compare(name, 'ours', 'limit')],
  }
}

const compare = (title: string, ours: string, limit: string, ratio?: number): Comparison => ({
  title,
  ours,
  limit,
  value: 'rate',
  unit: 'messages/s',
  better: 'higher',
  ...(ratio ? { goal: { ratio } } : {}),
})

interface Reaction {
  folder: string
  name: string
  title: string
  /** More settings of its process. */
  settings?: Record<string, string>
  /** @default a new one */
  database?: BenchDatabase
}

export async function reactionSide(stage: Stage, { folder, name, title, settings, ...given }: Reaction): Promise<Side> {
  const label = name.replaceAll('.', '-')
  const database = given.database ?? (await stage.create(label.replaceAll('-', '_')))
  await database.pool.query(NOTES)
  await subscribeTo(database, name, 'order.placed')
  const { names, purge } = await declareQueues(stage, label, [{ name, eventTypes: ['order.placed'] }])
  const env = { ...environment(stage, database, names.namespace), ...settings }
  const worker = await stage.remote(`worker ${name}`, 'bench/processes/worker.ts', env)
  const publisher = await stage.remote(`feeder ${name}`, 'bench/processes/publisher.ts', {})
  const load = { databaseUrl: database.url, rabbitmqUrl: stage.urls.rabbitmq, namespace: names.namespace }
  let expected = 0
  const drain = async (count: number) => {
    await purge()
    const after = await lastPosition(database)
    await storeOrders(database.pool, count)
    await publisher.ask('load', { ...load, messages: count, after })
    await publisher.ask('publish', { count, window: 2_000 })
    const { result: rate, cpu } = await stage.metered([worker], () => worker.ask<number>('drain', count, 150))
    const handled = await handledAfter(database, name, after)
    if (handled !== count) throw new Error(`${name} has handled ${handled} of ${count} messages`)
    expected = rate
    return { rate, ...perUnit(cpu, count) }
  }
  return {
    title,
    async warmUp() {
      await worker.ask('load', { folder, name })
      await drain(WARM_UP)
      await drain(WARM_UP)
    },
    run: (seconds) => drain(Math.max(FEWEST, Math.ceil(expected * seconds))),
  }
}

/** Events after this position that a reaction has handled; those before it cost nothing. */
export async function handledAfter({ pool }: BenchDatabase, reaction: string, after: bigint): Promise<number> {
  const { rows } = await pool.query<{ handled: number }>(
    `SELECT count(*)::int AS handled FROM events e JOIN handled_events d ON d.event_id = e.id AND d.reaction = $2 WHERE e.position > $1`,
    [String(after), reaction],
  )
  return rows[0]!.handled
}
