import { setTimeout as wait } from 'node:timers/promises'
import type { Schedule, Table, Tables } from '../contest.ts'
import type { Click, OpenLoop } from '../load/generator.ts'
import type { Options } from '../options.ts'
import { countHandles, type Handles } from '../stage/handles.ts'
import { lastPosition, untilSettled } from '../stage/settled.ts'
import type { BenchDatabase } from '../stage/databases.ts'
import { startShop } from '../stage/shop.ts'
import type { Stage } from '../stage/stage.ts'
import { latenciesOf } from '../statistics.ts'
import { BOUND, MEMORY, memoryRow, sampleOf, type Sample } from './soak-memory.ts'

const EVERY_MS = 15_000
/** Before that, a process is still on its way to its size. */
const LEAST_MINUTES = 10
const PATIENCE_S = 300
/** The bank of the sandbox: it keeps every payment by design. */
const KEEPER = 'gateway'

/** The whole shop under a steady load, for long: does anything grow that should not? */
export async function soak(stage: Stage, { minutes, rate }: Options, { say }: Schedule): Promise<Tables> {
  const database = await stage.create('soak')
  const shop = await startShop(stage, database, { withoutMail: false, observed: true })
  stage.onClose(shop.stop)
  const load = await stage.remote('load', 'bench/load/generator.ts', {})
  const after = await lastPosition(database)
  const count = () => countHandles(stage, database, shop.namespace)
  const plan: OpenLoop = { host: '127.0.0.1', port: shop.port, phases: [{ rate, seconds: minutes * 60 }] }
  const counts: Record<string, Handles> = { 'before the first order': await count() }
  const clicking = load.ask<Click[]>('openLoop', plan, minutes * 60 + 120)
  clicking.catch(() => {}) // looked at when it is over
  const samples: Sample[] = []
  const half = Date.now() + minutes * 30_000
  const end = half + minutes * 30_000
  const watch = async (until: number) => {
    for (; Date.now() < until; await wait(EVERY_MS)) {
      samples.push(await sampleOf(stage, shop))
      if (samples.length % 4 === 1) say(`  ${progress(samples.at(-1)!)}`)
    }
  }
  await watch(half)
  counts['half way'] = await count()
  await watch(end - EVERY_MS)
  counts['end, under load'] = await count()
  const clicks = await clicking
  const ended = await untilSettled(database, PATIENCE_S, { after })
  counts['at rest'] = await count()
  const second = samples.filter(({ at }) => at >= half)
  const rows = shop.processes.map(({ name }) => memoryRow(name, second, minutes >= LEAST_MINUTES && name !== KEEPER))
  const services = Object.keys(stage.services).map((name) => memoryRow(name, second, false))
  return {
    name: 'soak',
    title: `${minutes} minutes of ${rate} orders a second`,
    method:
      `All processes as \`npm start\` runs them take ${rate} orders a second on a fixed schedule for ${minutes} minutes; every ` +
      `${EVERY_MS / 1_000} seconds each collects its garbage, and its memory (RSS), its JavaScript heap and its open files are noted. ` +
      'Growth is the slope of a straight line through the second half, by least squares over ten blocks of time, each with its least; ' +
      '± is what the scatter of the blocks leaves open (95 %). A process grows when even the low end of that, for memory or heap, is ' +
      `above ${BOUND} MB an hour; it is flat when both high ends are below, and otherwise the run was too short to tell. Runs of less ` +
      `than ${LEAST_MINUTES} minutes are not judged. The payment sandbox keeps every payment by design and is not judged, nor are the services.`,
    settings: { minutes, 'orders/s': rate, 'bound MB/h': BOUND, 'sampled every s': EVERY_MS / 1_000 },
    tables: [
      { title: 'Memory', columns: MEMORY, rows: [...rows, ...services].map(({ cells }) => cells) },
      handleTable(counts),
      orderTable(clicks, ended.events, ended.deliveries),
      await vacuumTable(database),
    ],
    failures: [
      ...rows
        .filter(({ grows }) => grows)
        .map(({ name, trend }) => `${name} grows by ${Math.round(trend.perHour)} MB an hour`),
      ...leaks(counts),
      ...lost(clicks, ended.deadLetters),
    ],
  }
}

const progress = ({ at, values }: Sample) =>
  `${new Date(at).toISOString().slice(11, 19)}  ${Object.entries(values)
    .filter(([name]) => name.endsWith(' rss'))
    .map(([name, mb]) => `${name.slice(0, -4)} ${Math.round(mb)}`)
    .join(', ')} MB`

function handleTable(counts: Record<string, Handles>): Table {
  const [first] = Object.values(counts)
  const names = Object.keys(first!) as (keyof Handles)[]
  return {
    title: 'Connections and queues',
    columns: ['', ...Object.keys(counts)],
    rows: names.map((name) => [name, ...Object.values(counts).map((count) => count[name] ?? '–')]),
  }
}

/** What was opened must not go on growing once everything is under way, and nothing stays on a queue. */
function leaks(counts: Record<string, Handles>): string[] {
  const [half, end, rest] = [counts['half way']!, counts['end, under load']!, counts['at rest']!]
  const grown = (['AMQP connections', 'AMQP channels'] as const).filter((name) => (end[name] ?? 0) > (half[name] ?? 0))
  return [
    ...grown.map((name) => `${name}: ${half[name]} half way, ${end[name]} at the end`),
    ...(rest['messages on queues'] === 0 ? [] : [`${rest['messages on queues']} messages stay on the queues`]),
  ]
}

/** A refusal with 503 is no failure: on a machine that is busy with something else that is what it is for. */
function lost(clicks: readonly Click[], deadLetters: number): string[] {
  const failed = clicks.filter(({ status }) => status !== 202 && status !== 503).length
  return [
    ...(failed === 0 ? [] : [`${failed} of ${clicks.length} orders were neither taken nor refused as too many`]),
    ...(deadLetters === 0 ? [] : [`${deadLetters} messages became dead letters`]),
  ]
}

function orderTable(clicks: readonly Click[], events: number, deliveries: number): Table {
  const refused = clicks.filter(({ status }) => status === 503).length
  const { p50, p99, max } = latenciesOf(clicks.map(({ ms }) => ms))
  return {
    title: 'Orders',
    columns: ['orders', 'of them refused (503)', 'events', 'handled by reactions', 'click p50 ms', 'p99 ms', 'max ms'],
    rows: [[clicks.length, refused, events, deliveries, p50, p99, max]],
  }
}

/** Whether PostgreSQL keeps up with what is updated again and again. */
async function vacuumTable({ pool }: BenchDatabase): Promise<Table> {
  const { rows } = await pool.query<{ name: string; live: number; dead: number; mb: number; vacuums: number }>(
    `SELECT relname AS name, n_live_tup::int AS live, n_dead_tup::int AS dead, pg_table_size(relid) / 1048576.0::float8 AS mb,
      autovacuum_count::int AS vacuums FROM pg_stat_user_tables ORDER BY n_tup_upd DESC LIMIT 8`,
  )
  return {
    title: 'Most updated tables at the end',
    columns: ['table', 'rows', 'dead rows', 'MB', 'times vacuumed'],
    rows: rows.map(({ name, live, dead, mb, vacuums }) => [name, live, dead, mb, vacuums]),
  }
}
