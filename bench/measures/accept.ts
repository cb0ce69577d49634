import type { Contest, Sample, Side } from '../contest.ts'
import { commitLimit, perUnit } from '../limits/pgbench.ts'
import { PLACE_ORDER } from '../limits/statement.ts'
import type { ClosedLoop, Load } from '../load/generator.ts'
import type { BenchDatabase } from '../stage/databases.ts'
import type { Remote, Running } from '../stage/process.ts'
import { startApi } from '../stage/shop.ts'
import type { Stage } from '../stage/stage.ts'

const CLIENTS = 64

/** Orders over HTTP into one process of the API, against commits of the same rows. */
export async function accept(stage: Stage): Promise<Contest> {
  const limit = await commitLimit(stage, PLACE_ORDER, CLIENTS)
  return {
    name: 'accept',
    title: 'Accepting orders',
    method:
      'POST /v1/orders with an Idempotency-Key over HTTP connections kept alive, from a load generator in a process of ' +
      'its own into one API process, each client asking again when it is answered. The limit writes the same rows (order, ' +
      'two lines, key, stream, event) in one prepared statement and one commit per order. After each run the stored orders ' +
      'are counted against the answers.',
    settings: { clients: CLIENTS, 'lines per order': 2 },
    sides: {
      limit,
      api: await apiSide(stage, await stage.create('accept')),
    },
    comparisons: [
      {
        title: 'orders taken',
        ours: 'api',
        limit: 'limit',
        value: 'rate',
        unit: 'orders/s',
        better: 'higher',
        goal: { ratio: 0.6 },
      },
    ],
  }
}

/** An API process on this database, with a load generator of its own. */
export async function apiSide(stage: Stage, database: BenchDatabase): Promise<Side> {
  const api = await startApi(stage, database)
  const load = await stage.remote('load', 'bench/load/generator.ts', {})
  const plan = { host: '127.0.0.1', port: api.port, clients: CLIENTS }
  const run = (seconds: number) => placeOrders(stage, database, load, api.process, { ...plan, seconds })
  return { title: `API, ${CLIENTS} clients over HTTP`, warmUp: async () => void (await run(2)), run }
}

async function placeOrders(
  stage: Stage,
  { db }: BenchDatabase,
  load: Remote,
  api: Running,
  plan: ClosedLoop,
): Promise<Sample> {
  const before = await db.order.count()
  const { result, cpu } = await stage.metered([api, load], () => load.ask<Load>('closedLoop', plan))
  const { placed, seconds, latencies, answers } = result
  const stored = (await db.order.count()) - before
  if (stored !== placed) throw new Error(`${placed} orders were answered with 202, but ${stored} are stored`)
  const others = Object.keys(answers).filter((status) => status !== '202')
  if (others.length > 0) throw new Error(`not every order was taken: ${JSON.stringify(answers)}`)
  return { rate: placed / seconds, 'p50 ms': latencies.p50, 'p99 ms': latencies.p99, ...perUnit(cpu, placed) }
}
