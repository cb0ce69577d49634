import type { Contest, Sample, Side } from '../contest.ts'
import { commitLimit, perUnit } from '../limits/pgbench.ts'
import { atOnce, PLACE_ORDER } from '../limits/statement.ts'
import type { ClosedLoop, Load } from '../load/generator.ts'
import type { BenchDatabase } from '../stage/databases.ts'
import type { Remote, Running } from '../stage/process.ts'
import { startApi } from '../stage/shop.ts'
import type { Stage } from '../stage/stage.ts'

const CLIENTS = 64

/** Orders over HTTP into one and two processes of the API, against commits of the same rows. */
export async function accept(stage: Stage): Promise<Contest> {
  return {
    name: 'accept',
    title: 'Accepting orders',
    method:
      'POST /v1/orders with an Idempotency-Key over HTTP connections kept alive, from a load generator in a process of ' +
      'its own into one API process, and into two that share the clients, each client asking again when it is answered. The ' +
      'limit writes the same rows (order, two lines, key, stream, event) as a service does that commits one order after the ' +
      'other: BEGIN, one prepared statement for each table, COMMIT, with ids made by the client in the order of time, over ' +
      'the same kind of connection. Beside it stands the same in one statement and one round trip, which nobody writes. ' +
      'The API also reads the prices, checks the request and answers with the order. After each run the stored orders are ' +
      'counted against the answers.',
    settings: { clients: CLIENTS, 'lines per order': 2 },
    sides: {
      limit: await commitLimit(stage, PLACE_ORDER, CLIENTS),
      api: await apiSide(stage, await stage.create('accept')),
      'two-apis': await apiSide(stage, await stage.create('accept_two'), 2),
      'limit-at-once': await commitLimit(stage, atOnce(PLACE_ORDER), CLIENTS),
    },
    comparisons: [
      { ...ORDERS, title: 'orders taken', ours: 'api', limit: 'limit', goal: { ratio: 0.6 } },
      { ...ORDERS, title: 'orders taken by two processes', ours: 'two-apis', limit: 'limit', guarded: false },
      {
        ...ORDERS,
        title: 'orders taken, against one statement each',
        ours: 'api',
        limit: 'limit-at-once',
        guarded: false,
      },
    ],
  }
}

const ORDERS = { value: 'rate', unit: 'orders/s', better: 'higher' } as const

/** API processes on this database, with a load generator of their own. */
export async function apiSide(stage: Stage, database: BenchDatabase, processes = 1): Promise<Side> {
  const names = Array.from({ length: processes }, (_, nth) => (processes === 1 ? 'api' : `api ${nth + 1}`))
  const apis = await Promise.all(names.map((name) => startApi(stage, database, name)))
  const load = await stage.remote(processes === 1 ? 'load' : `load of ${processes}`, 'bench/load/generator.ts', {})
  const [port, ...more] = apis.map((api) => api.port)
  const plan = { host: '127.0.0.1', port: port!, more, clients: CLIENTS }
  const running = apis.map(({ process }) => process)
  const run = (seconds: number) => placeOrders(stage, database, load, running, { ...plan, seconds })
  const title = processes === 1 ? 'API' : `${processes} processes of the API`
  return { title: `${title}, ${CLIENTS} clients over HTTP`, warmUp: async () => void (await run(2 * processes)), run }
}

async function placeOrders(
  stage: Stage,
  { db }: BenchDatabase,
  load: Remote,
  apis: readonly Running[],
  plan: ClosedLoop,
): Promise<Sample> {
  const before = await db.order.count()
  const { result, cpu } = await stage.metered([...apis, load], () => load.ask<Load>('closedLoop', plan))
  const { placed, seconds, latencies, answers } = result
  const stored = (await db.order.count()) - before
  if (stored !== placed) throw new Error(`${placed} orders were answered with 202, but ${stored} are stored`)
  const others = Object.keys(answers).filter((status) => status !== '202')
  if (others.length > 0) throw new Error(`not every order was taken: ${JSON.stringify(answers)}`)
  return { rate: placed / seconds, 'p50 ms': latencies.p50, 'p99 ms': latencies.p99, ...perUnit(cpu, placed) }
}
