import { get } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { cpuMsOf } from '../../dev/footprint/proc.ts'
import { TYPESCRIPT } from '../../dev/processes/typescript.ts'
import type { Benchmark, Ratio, Sample, Side } from '../benchmark.ts'
import type { BenchDatabase } from '../environment/databases.ts'
import type { Environment } from '../environment/environment.ts'
import { lastPosition, untilSettled } from '../environment/settled.ts'
import { freePort, startSystem, type RunningSystem, type Variant } from '../environment/system.ts'
import { closedLoop, openLoop } from '../load/generator.ts'

/**
 * Orders a second at each of the two systems. At a pace of its own each would take the machine from the other, and who places
 * more orders has larger batches, in which an order costs less: that hides what is to be seen.
 */
const RATE = 20
/** Orders, after which an order no longer becomes cheaper, and how many clients place them. */
const WARM_UP = { orders: 4_000, clients: 16 }
/** Connections of one process to PostgreSQL: two systems share one server. */
const CONNECTIONS = 8
/** A span is sent after at most five seconds (OTEL_BSP_SCHEDULE_DELAY), and it counts. */
const SENT_MS = 5_500
const EACH = { settings: { DATABASE_POOL: String(CONNECTIONS) } }
/** What rolls up runs by the clock, in the scheduler. */
const QUIET = { ...EACH, without: ['scheduler'] }
const ALL = { OTEL_TRACES_SAMPLER: 'parentbased_always_on' }

/** What it costs to be looked at: each way alone, against the same system without any. */
export function overhead(environment: Environment): Benchmark {
  return {
    title: 'The cost of metrics, traces and roll-ups',
    method:
      'Two whole systems, as `flow` runs them, each on a database of its own, with work at the same time: the baseline, which serves no ' +
      'metrics, sends no traces and has no scheduler, so that nothing is rolled up, and one that is looked at. At each, ' +
      `${RATE} orders a second are placed, which together nearly fill two cores. Compared is processor time for each order: that of the processes of a ` +
      'system, its payment gateway and mail server, and of its sessions in PostgreSQL, until every reaction is done and every span ' +
      'is sent. The broker serves both systems, so its share is not in it. Traces: those of the reservoir, which is the default, or all ' +
      'of them, to a receiver in a process of its own that keeps nothing. Metrics: every process is asked for them twice a run. ' +
      'Roll-ups: with the scheduler, all its other jobs included.',
    settings: { 'orders a second at each': RATE, 'connections of each process': CONNECTIONS },
    atOnce: true,
    sides: {
      plain: () => watchedSide(environment, { title: 'without any', ...QUIET }),
      metrics: () => watchedSide(environment, { title: 'metrics', ...QUIET, metrics: true, beside: askForMetrics }),
      traces: () => tracedSide(environment, 'traces'),
      all: () => tracedSide(environment, 'all traces', ALL),
      rollups: () => watchedSide(environment, { title: 'roll-ups', ...EACH }),
    },
    ratios: [
      { ...costOf('traces', 'traces'), ...GOAL },
      costOf('all traces', 'all'),
      { ...costOf('metrics', 'metrics'), ...GOAL },
      { ...costOf('roll-ups', 'rollups'), ...GOAL },
    ],
  }
}

const costOf = (title: string, ours: string): Ratio => ({
  title: `processor time of an order with ${title}`,
  ours,
  baseline: 'plain',
  value: 'processor ms per order',
  unit: 'ms',
  better: 'lower',
})
const GOAL = { goal: { ratio: 0.95 } }

interface Watched extends Variant {
  title: string
  /** Done beside each run. @returns what ends it, and tells what it has seen: sums over the run */
  beside?: (system: RunningSystem, seconds: number) => () => Sample | Promise<Sample>
}

/** A system of its own, whose processor time can be told from that of another. */
async function watchedSide(environment: Environment, { title, beside, ...variant }: Watched): Promise<Side> {
  const database = await environment.create('overhead')
  const system = await startSystem(environment, database, variant)
  const run = async (seconds: number) => {
    const after = await lastPosition(database)
    const before = await processorMs(system, database)
    const end = beside?.(system, seconds)
    const { length: placed } = await openLoop(system.port, RATE, seconds)
    const { events, handled } = await untilSettled(database, after)
    await wait(SENT_MS)
    const used = await processorMs(system, database)
    const perOrder = (sum: number) => sum / placed
    const ours = perOrder(spent(before.ours, used.ours))
    return {
      'processor ms per order': ours + perOrder(spent(before.database, used.database)),
      'of our processes': ours,
      'events per order': perOrder(events),
      'reactions per order': perOrder(handled),
      ...Object.fromEntries(
        Object.entries((await end?.()) ?? {}).map(([name, sum]) => [`${name} per order`, perOrder(sum)]),
      ),
    }
  }
  const warmUp = async () => {
    const after = await lastPosition(database)
    await closedLoop({ port: system.port, ...WARM_UP })
    await untilSettled(database, after)
  }
  return { title, warmUp, run }
}

type ByPid = ReadonlyMap<number, number>

async function processorMs(system: RunningSystem, { pool }: BenchDatabase): Promise<{ ours: ByPid; database: ByPid }> {
  const { rows } = await pool.query<{ pid: number }>(SESSIONS)
  const of = (pids: readonly number[]): ByPid => new Map(pids.map((pid) => [pid, cpuMsOf(pid)]))
  return { ours: of(system.pids), database: of(rows.map(({ pid }) => pid)) }
}

const SESSIONS = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'`

/** What is new since `before` has spent all its time since; a session that has ended counts nothing. */
const spent = (before: ByPid, after: ByPid) =>
  [...after].reduce((sum, [pid, ms]) => sum + ms - (before.get(pid) ?? 0), 0)

/** As Prometheus does, every process; it usually asks every 15 s, which is less often than twice a run. */
function askForMetrics({ metricsPorts }: RunningSystem, seconds: number) {
  let bytes = 0
  const ask = (port: number) =>
    get({ port, host: '127.0.0.1', path: '/metrics' }, (answer) => {
      answer.on('data', (chunk: Buffer) => (bytes += chunk.length))
    }).on('error', () => {}) // a process is busy or gone: the next time asks again
  for (const share of [0.5, 1]) setTimeout(() => metricsPorts.forEach(ask), share * seconds * 1_000)
  return () => ({ 'metrics bytes': bytes })
}

async function tracedSide(environment: Environment, title: string, sampler: NodeJS.ProcessEnv = {}) {
  const port = await freePort()
  const { pid } = await environment.start({
    name: 'traces',
    args: [...TYPESCRIPT, 'bench/environment/trace-receiver.ts'],
    env: { ...process.env, RECEIVER_PORT: String(port) },
    ready: 'accepting traces',
  })
  const url = `http://127.0.0.1:${port}`
  const received = async () => Number(await (await fetch(url)).text())
  const beside = () => {
    const before = { bytes: received(), cpuMs: cpuMsOf(pid) }
    return async () => ({
      'receiver ms': cpuMsOf(pid) - before.cpuMs,
      'trace bytes': (await received()) - (await before.bytes),
    })
  }
  const settings = { ...EACH.settings, OTEL_EXPORTER_OTLP_ENDPOINT: url, ...sampler }
  return watchedSide(environment, { title, ...QUIET, settings, beside })
}
