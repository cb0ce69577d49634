import path from 'node:path'
import { createNames, createRabbitMq, readStory, reconcile } from '#messaging'
import { createLogger } from '#platform/logger'
import { PROJECT } from '../../dev/services/index.ts'
import { audit } from '../../src/audit/index.ts'
import type { Comparison, Contest, Side, Table } from '../contest.ts'
import { storeHistory } from '../load/history.ts'
import type { ClosedLoop, Load } from '../load/generator.ts'
import type { Options } from '../options.ts'
import { removeNamespace } from '../stage/broker.ts'
import type { BenchDatabase } from '../stage/databases.ts'
import { lastPosition, untilSettled } from '../stage/settled.ts'
import { startShop } from '../stage/shop.ts'
import type { Stage } from '../stage/stage.ts'
import { median } from '../statistics.ts'
import { apiSide } from './accept.ts'
import { reactionSide } from './react.ts'
import { relaying, subscribersOfOrders } from './relay.ts'

const UNITS = {
  accept: 'orders/s',
  relay: 'events/s',
  'reserve stock': 'messages/s',
  story: 'stories/s',
  reconcile: 'passes/s',
}
/** Of the same work with the fewest events: less would not be flat. */
const FLAT = 0.8
/** Events that one pass of reconciliation looks at: what a busy minute brings. */
const PASS = 5_000

/** The same work on databases that hold more and more events. */
export async function growth(stage: Stage, { events, seconds }: Options): Promise<Contest> {
  const sizes = events.toSorted((a, b) => a - b)
  const stores: Store[] = []
  for (const size of sizes) stores.push(await fill(stage, size))
  const sides: Record<string, Side> = {}
  for (const store of stores) Object.assign(sides, await sidesAt(stage, store))
  const [smallest = 0, ...larger] = sizes
  return {
    name: 'growth',
    title: 'The same work with more events stored',
    method:
      'Databases are filled as if orders had gone all their way: every table of every context, nine events for each order and a ledger ' +
      'row for each of its 21 reactions; `npm run audit` finds nothing wrong with them. On each of them, in turns, the API takes orders, a ' +
      'relay publishes to the queues of `order.placed`, a worker reserves stock, the stories of orders of any age are told, one after the ' +
      `other, and one pass of reconciliation looks at ${PASS.toLocaleString('en-GB')} events and all reactions. The ratio is the pace in ` +
      `comparison with ${shown(smallest)} events: 1 is flat. All of it stands on a machine that keeps most of the database in its memory.`,
    settings: { 'events of a reconcile pass': PASS },
    sides,
    comparisons: larger.flatMap((size) =>
      Object.entries(UNITS).map(([work, unit]): Comparison => {
        const [ours, limit] = [`${work} ${size}`, `${work} ${smallest}`]
        const title = `${work}, ${shown(size)} events stored`
        return { title, ours, limit, value: 'rate', unit, better: 'higher', goal: { ratio: FLAT }, guarded: false }
      }),
    ),
    tables: () => tablesOf(stage, stores, seconds),
  }
}

const shown = (events: number) => events.toLocaleString('en-GB')

/** A filled database and what cannot be flat, because it looks at everything. */
interface Store {
  size: number
  database: BenchDatabase
  fillS: number
  gigabytes: number
  auditS: number
  firstLookS: number
}

async function fill(stage: Stage, size: number): Promise<Store> {
  const database = await stage.create(`events_${size}`)
  const fillS = await timed(() => storeHistory(database.pool, size))
  const { rows } = await database.pool.query<{ bytes: string }>('SELECT pg_database_size(current_database()) AS bytes')
  const auditS = await timed(async () => {
    const broken = (await audit(database.db)).filter(({ count }) => count > 0)
    if (broken.length > 0) throw new Error(`the history breaks ${broken.map(({ invariant }) => invariant).join(', ')}`)
  })
  const { pass, close } = reconciling(stage, database, `first-${size}`)
  const firstLookS = await timed(() => pass(0n))
  await close()
  return { size, database, fillS, gigabytes: Number(rows[0]!.bytes) / 1e9, auditS, firstLookS }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1_000
}

/** Reconciliation of all reactions on queues of its own; `pass` looks at everything after a position. */
function reconciling(stage: Stage, database: BenchDatabase, label: string) {
  const log = createLogger('bench', 'silent')
  const broker = createRabbitMq({ url: stage.urls.rabbitmq, name: 'fanfare bench', log })
  const names = createNames(stage.namespace(`reconcile-${label}`))
  const pass = async (watermark: bigint) => {
    await database.pool.query('UPDATE reconcile_state SET watermark = $1', [String(watermark)])
    const reports = await reconcile({ ...database, broker, names, instance: 'bench' })
    const delivered = reports.reduce((sum, report) => sum + report.delivered, 0)
    if (delivered > 0) throw new Error(`reconciliation took ${delivered} handled events for lost`)
  }
  const close = async () => {
    await broker.close()
    await removeNamespace(stage, database, names.namespace)
  }
  return { pass, close }
}

async function sidesAt(stage: Stage, { size, database }: Store): Promise<Record<string, Side>> {
  const at = (side: Omit<Side, 'title'>, what: string): Side => ({ ...side, title: `${what}, ${shown(size)} events` })
  const stock = { folder: path.join(PROJECT, 'workers'), name: 'inventory.reserve-stock', title: '', database }
  return {
    [`relay ${size}`]: at(await relaying(stage, `relay-${size}`, await subscribersOfOrders(), database), 'relay'),
    [`reserve stock ${size}`]: at(await reactionSide(stage, stock), 'reserve-stock'),
    [`accept ${size}`]: at(await apiSide(stage, database), 'API'),
    [`story ${size}`]: at(storySide(database), 'story'),
    [`reconcile ${size}`]: at(reconcileSide(stage, database, String(size)), 'reconcile'),
  }
}

function storySide(database: BenchDatabase): Omit<Side, 'title'> {
  const tell = async (seconds: number) => {
    const { rows } = await database.pool.query<{ id: string }>(
      `SELECT correlation_id AS id FROM (SELECT generate_series(1, 1000)) AS any_thousand, LATERAL (
        SELECT correlation_id FROM events WHERE position >= random() * (SELECT max(position) FROM events) ORDER BY position LIMIT 1) AS found`,
    )
    const began = performance.now()
    const end = began + seconds * 1_000
    let told = 0
    for (; performance.now() < end; told++) await readStory(database.db, rows[told % rows.length]!.id)
    return { rate: told / ((performance.now() - began) / 1_000) }
  }
  return { warmUp: async () => void (await tell(1)), run: tell }
}

function reconcileSide(stage: Stage, database: BenchDatabase, label: string): Omit<Side, 'title'> {
  const { pass, close } = reconciling(stage, database, label)
  stage.onClose(close)
  const run = async (seconds: number) => {
    await settleAll(database)
    const watermark = (await lastPosition(database)) - BigInt(PASS)
    await pass(watermark)
    const began = performance.now()
    const end = began + seconds * 1_000
    let passes = 0
    for (; performance.now() < end; passes++) await pass(watermark)
    return { rate: passes / ((performance.now() - began) / 1_000) }
  }
  return { warmUp: async () => void (await run(1)), run }
}

/** Enters what other sides have stored and nobody has handled in the ledger, so that all of history is settled again. */
async function settleAll({ pool }: BenchDatabase): Promise<void> {
  await pool.query(
    `INSERT INTO handled_events (event_id, reaction, handled_at, duration_us, attempt, instance)
     SELECT e.id, s.reaction, now(), 1000, 1, 'bench' FROM events e JOIN subscriptions s ON s.event_type = e.type
     WHERE e.position > (SELECT min(watermark) FROM reconcile_state) ON CONFLICT DO NOTHING`,
  )
  await pool.query('UPDATE relay_leases SET position = (SELECT max(position) FROM events)')
  await pool.query('UPDATE reconcile_state SET watermark = (SELECT max(position) FROM events)')
}

async function tablesOf(stage: Stage, stores: readonly Store[], seconds: number): Promise<Table[]> {
  await stage.stopAll() // the relays that were measured hold the leases
  const rows: (string | number)[][] = []
  for (const store of stores) {
    const { size, gigabytes, fillS, auditS, firstLookS } = store
    rows.push([shown(size), gigabytes, fillS, firstLookS, auditS, await wholeShop(stage, store, seconds)])
  }
  return [
    {
      title: 'What looks at everything, and the whole shop',
      columns: [
        'events stored',
        'GB on disk',
        'filled in s',
        'first look of reconciliation, s',
        'audit, s',
        'orders/s with all reactions done',
      ],
      rows,
      note:
        'The first look at all of history, and an audit, grow with it: they are for once, and for operators. Reconciliation ' +
        'remembers how far everything is settled.',
    },
  ]
}

/** The median of three runs of orders from click to last reaction, as `flow` measures it. */
async function wholeShop(stage: Stage, { database }: Store, seconds: number): Promise<number> {
  await settleAll(database)
  const shop = await startShop(stage, database, { withoutMail: false })
  const load = await stage.remote('load', 'bench/load/generator.ts', {})
  let expected = 50
  const rates: number[] = []
  for (let run = 0; run < 4; run++) {
    const after = await lastPosition(database)
    const orders = Math.max(200, Math.ceil(expected * seconds))
    const plan: ClosedLoop = { host: '127.0.0.1', port: shop.port, clients: 32, orders }
    const began = Date.now()
    await load.ask<Load>('closedLoop', plan, 300)
    const { at } = await untilSettled(database, 300, { after })
    expected = orders / ((at - began) / 1_000)
    if (run > 0) rates.push(expected)
  }
  await load.stop()
  await shop.stop()
  return median(rates)
}
