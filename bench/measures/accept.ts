import { commits } from '../baselines/commits.ts'
import { PLACE_ORDER } from '../baselines/transactions.ts'
import type { Benchmark, Side } from '../benchmark.ts'
import type { BenchDatabase } from '../environment/databases.ts'
import type { Environment } from '../environment/environment.ts'
import { startApi } from '../environment/system.ts'
import { closedLoop } from '../load/generator.ts'

const CLIENTS = 64

/** Orders over HTTP into one process of the API, against commits of the same rows. */
export function accept(environment: Environment): Benchmark {
  return {
    title: 'Accepting orders',
    method:
      'POST /v1/orders with an Idempotency-Key over HTTP connections kept alive into one API process, each client asking again ' +
      'when it is answered. The baseline commits the same rows (order, two lines, key, stream, event) one order after the other: ' +
      'BEGIN, a prepared statement for each table, COMMIT, with ids in the order of time made by the client. The API also reads ' +
      'prices, checks the request and answers with the order. Stored orders are counted against the answers.',
    settings: { clients: CLIENTS, 'lines per order': 2 },
    sides: {
      commits: () => commits(environment, PLACE_ORDER, CLIENTS),
      api: async () => apiSide(environment, await environment.create('accept')),
    },
    ratios: [
      {
        title: 'orders accepted',
        ours: 'api',
        baseline: 'commits',
        value: 'rate',
        unit: 'orders/s',
        goal: { ratio: 0.6 },
        guarded: true,
      },
    ],
  }
}

/** One API process on this database. */
export async function apiSide(environment: Environment, database: BenchDatabase): Promise<Side> {
  const port = await startApi(environment, database)
  const run = async (seconds: number) => {
    const before = await database.db.order.count()
    const { placed, seconds: took, latencies } = await closedLoop({ port, clients: CLIENTS, seconds })
    const stored = (await database.db.order.count()) - before
    if (stored !== placed) throw new Error(`${placed} orders were answered with 202, but ${stored} are stored`)
    return { rate: placed / took, 'p50 ms': latencies.p50, 'p99 ms': latencies.p99 }
  }
  return { title: `API, ${CLIENTS} clients over HTTP`, warmUp: () => run(2), run }
}
