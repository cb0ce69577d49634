import { get } from 'node:http'
import { cpuMsOf } from '../../dev/footprint/proc.ts'
import { TYPESCRIPT } from '../../dev/processes/typescript.ts'
import type { Benchmark, Ratio } from '../benchmark.ts'
import type { Environment } from '../environment/environment.ts'
import { freePort, type RunningSystem } from '../environment/system.ts'
import { systemSide } from './flow.ts'

/** Prometheus usually asks every 15 s. */
const EVERY_MS = 5_000
/** Connections of one process to PostgreSQL: five systems share one server. */
const CONNECTIONS = 8
const EACH = { settings: { DATABASE_POOL: String(CONNECTIONS) } }
/** What rolls up runs by the clock, in the scheduler. */
const QUIET = { ...EACH, without: ['scheduler'] }
const A_TENTH = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' }

/** What it costs to be looked at: each way alone, against the same system without any. */
export function overhead(environment: Environment): Benchmark {
  return {
    title: 'The cost of metrics, traces and roll-ups',
    method:
      'As `flow`, with five systems side by side, each on a database of its own, of which one has work at a time. The baseline serves no ' +
      'metrics, sends no traces and has no scheduler, so that nothing is rolled up. Metrics: every process is asked for them every 5 s. ' +
      "Traces: all (OpenTelemetry's default), or a tenth, to a receiver in a process of its own that keeps nothing. " +
      'Roll-ups: with the scheduler, all its other jobs included. Processor time is that of the processes of the system that has ' +
      'work, of database and broker, and of the clients, for each order; what else the machine does is not in it.',
    settings: { 'metrics asked every ms': EVERY_MS, 'connections of each process': CONNECTIONS },
    sides: {
      plain: () => systemSide(environment, { title: 'without any', ...QUIET }),
      metrics: () => systemSide(environment, { title: 'metrics', ...QUIET, metrics: true, beside: askForMetrics }),
      traces: () => tracedSide(environment, 'all traces'),
      tenth: () => tracedSide(environment, 'a tenth of the traces', A_TENTH),
      rollups: () => systemSide(environment, { title: 'roll-ups', ...EACH }),
    },
    ratios: [
      ...compared('with metrics', 'metrics'),
      ...compared('with all traces', 'traces'),
      ...compared('with a tenth of the traces', 'tenth'),
      ...compared('with roll-ups', 'rollups'),
    ],
  }
}

const compared = (title: string, ours: string): Ratio[] => [
  { ...WITHOUT, title: `orders ${title}`, ours, value: 'rate', unit: 'orders/s' },
  {
    ...WITHOUT,
    title: `processor time for each ${title}`,
    ours,
    value: 'processor ms per order',
    unit: 'ms',
    better: 'lower',
  },
]
const WITHOUT = { baseline: 'plain', goal: { ratio: 0.95 } } satisfies Partial<Ratio>

/** As Prometheus does, every process once. */
function askForMetrics({ metricsPorts }: RunningSystem) {
  let bytes = 0
  const ask = (port: number) =>
    get({ port, host: '127.0.0.1', path: '/metrics' }, (answer) => {
      answer.on('data', (chunk: Buffer) => (bytes += chunk.length))
    }).on('error', () => {}) // a process is busy or gone: the next time asks again
  let nth = 0
  const timer = setInterval(() => {
    if (nth++ % 2 === 0) metricsPorts.forEach(ask) // the first time after half of it: as often as a run is long
  }, EVERY_MS / 2)
  return () => {
    clearInterval(timer)
    return { 'metrics bytes': bytes }
  }
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
  return systemSide(environment, { title, ...QUIET, settings, beside })
}
