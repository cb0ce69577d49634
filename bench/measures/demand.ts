import type { Table, Tables } from '../contest.ts'
import type { ClosedLoop, Load } from '../load/generator.ts'
import type { Options } from '../options.ts'
import type { BenchDatabase } from '../stage/databases.ts'
import { lastPosition, untilSettled } from '../stage/settled.ts'
import { startShop } from '../stage/shop.ts'
import type { Stage } from '../stage/stage.ts'
import { createNames } from '#messaging'
import { toEverybody } from '../../src/messaging/relay/outgoing.ts'
import { readEvents } from '../../src/messaging/relay/read-events.ts'

const CLIENTS = 32
const WARM_UP = 300
const PATIENCE_S = 300
/** Orders a second that are planned for. */
const RATES = [100, 1_000, 10_000, 100_000]
/** A processor that is busier answers ever later. */
const BUSY = 0.7
const SECONDS_A_DAY = 86_400

/** What one order asks of each part, counted and not estimated; and what therefore so many orders a second ask. */
export async function demand(stage: Stage, { seconds }: Options): Promise<Tables> {
  const database = await stage.create('demand')
  const shop = await startShop(stage, database, { withoutMail: false })
  stage.onClose(shop.stop)
  const load = await stage.remote('load', 'bench/load/generator.ts', {})
  const place = async (orders: number) => {
    const after = await lastPosition(database)
    const began = Date.now()
    const plan: ClosedLoop = { host: '127.0.0.1', port: shop.port, clients: CLIENTS, orders }
    await load.ask<Load>('closedLoop', plan, PATIENCE_S)
    const ended = await untilSettled(database, PATIENCE_S, { after })
    return { ...ended, after, rate: orders / ((ended.at - began) / 1_000) }
  }
  await place(WARM_UP)
  const orders = Math.ceil((await place(WARM_UP)).rate * seconds)
  const before = await countersOf(database)
  const { result: ended, cpu } = await stage.metered(shop.processes, () => place(orders))
  const spent = differenceOf(before, await countersOf(database))
  const messages = await messagesSince(database, ended.after)
  const per = (count: number) => count / orders
  const perOrder: PerOrder = {
    events: per(ended.events),
    deliveries: per(ended.deliveries),
    published: per(messages.bytes),
    routed: per(messages.routedBytes),
    wal: per(spent.walBytes),
    commits: per(spent.commits),
    stored: per(spent.databaseBytes),
    cpu: Object.entries(cpu).map(([part, ms]): [string, number] => [part, per(ms)]),
  }
  return {
    name: 'demand',
    title: 'What an order asks of each part',
    method:
      `${CLIENTS} clients place ${orders} orders as fast as they are answered, and everything is counted until the last reaction is done: ` +
      'events and ledger rows in the store, bytes of the messages as the relay encodes them, the log that PostgreSQL writes, its commits, and the ' +
      `processor time of every process. The plan multiplies that and leaves processors ${Math.round((1 - BUSY) * 100)} % of their time idle; it says ` +
      'what each part must carry, not that it can: a single relay, a single queue and a single PostgreSQL have limits of their own.',
    settings: { orders, 'orders/s in this run': Math.round(ended.rate) },
    tables: [orderTable(perOrder), cpuTable(perOrder, ended.rate), planTable(perOrder)],
  }
}

interface PerOrder {
  events: number
  deliveries: number
  /** Bytes sent to the broker once, and bytes it puts on queues. */
  published: number
  routed: number
  /** Bytes of PostgreSQL's log, without the whole pages that follow a checkpoint. */
  wal: number
  commits: number
  /** Bytes by which the database grows. */
  stored: number
  /** Milliseconds by process. */
  cpu: [part: string, ms: number][]
}

interface Counters {
  walBytes: number
  commits: number
  databaseBytes: number
}

async function countersOf({ pool }: BenchDatabase): Promise<Counters> {
  const { rows } = await pool.query<Counters>(
    `SELECT (pg_current_wal_lsn() - '0/0')::float8 AS "walBytes",
      (SELECT xact_commit::float8 FROM pg_stat_database WHERE datname = current_database()) AS commits,
      pg_database_size(current_database())::float8 AS "databaseBytes"`,
  )
  return rows[0]!
}

function differenceOf(before: Counters, after: Counters): Counters {
  const names = Object.keys(before) as (keyof Counters)[]
  return Object.fromEntries(names.map((name) => [name, after[name] - before[name]])) as unknown as Counters
}

/** The messages of these events as the relay makes them, and on how many queues they were put. */
async function messagesSince({ db }: BenchDatabase, after: bigint) {
  const names = createNames()
  const queues = new Map<string, number>()
  for (const { eventType } of await db.subscription.findMany()) queues.set(eventType, (queues.get(eventType) ?? 0) + 1)
  let [bytes, routedBytes] = [0, 0]
  for (let rows; (rows = (await readEvents(db, after, 1_000)).rows).length > 0; after = rows.at(-1)!.position) {
    for (const row of rows) {
      const { length } = toEverybody(row, names).body
      bytes += length
      routedBytes += length * (queues.get(row.type) ?? 0)
    }
  }
  return { bytes, routedBytes }
}

function orderTable(order: PerOrder): Table {
  const { events, deliveries, published, routed, wal, commits, stored } = order
  return {
    title: 'One order',
    columns: ['', 'for each order'],
    rows: [
      ['events: rows, publishes and confirms', events],
      ['messages on queues, ledger rows, acknowledgements', deliveries],
      ['bytes published', published],
      ['bytes on queues, on each node of a quorum', routed],
      ["bytes of PostgreSQL's log", wal],
      ['commits', commits],
      ['bytes by which the database grows', stored],
    ],
    note: 'Commits are fewer the more orders are under way: a batch commits once. A database that is new grows by whole pages.',
  }
}

function cpuTable({ cpu }: PerOrder, rate: number): Table {
  const all = cpu.reduce((sum, [, ms]) => sum + ms, 0)
  return {
    title: 'Processor time of one order',
    columns: ['', 'ms', '%'],
    rows: [...cpu.map(([part, ms]) => [part, ms, (100 * ms) / all]), ['together', all, 100]],
    note:
      `So ${Math.round(1_000 / all)} orders a second keep one processor busy. In this run ${Math.round(rate)} a second came to their end: ` +
      `${((rate * all) / 1_000).toFixed(2)} processors.`,
  }
}

/** Linear: what a part must carry is the rate times what one order asks of it. */
function planTable(order: PerOrder): Table {
  const row = (title: string, perSecond: (rate: number) => number) => [title, ...RATES.map(perSecond)]
  const processors = (ms: number) => (rate: number) => (rate * ms) / 1_000 / BUSY
  return {
    title: 'So many orders a second ask for',
    columns: ['', ...RATES.map((rate) => `${rate.toLocaleString('en-GB')}/s`)],
    rows: [
      row('events and confirms a second', (rate) => rate * order.events),
      row('messages handled a second', (rate) => rate * order.deliveries),
      row('MB/s published', (rate) => (rate * order.published) / 1e6),
      row('MB/s on queues, on each node', (rate) => (rate * order.routed) / 1e6),
      row("MB/s of PostgreSQL's log", (rate) => (rate * order.wal) / 1e6),
      row('GB a day stored', (rate) => (rate * order.stored * SECONDS_A_DAY) / 1e9),
      row('million events a day', (rate) => (rate * order.events * SECONDS_A_DAY) / 1e6),
      ...order.cpu.map(([part, ms]) => row(`processors: ${part}`, processors(ms))),
    ],
  }
}
