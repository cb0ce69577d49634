import { servicesOf } from '../../dev/footprint/groups.ts'
import { cpuMsOf } from '../../dev/footprint/proc.ts'
import { commits } from '../baselines/commits.ts'
import { PLACE_ORDER } from '../baselines/transactions.ts'
import type { Benchmark, Side } from '../benchmark.ts'
import type { Environment } from '../environment/environment.ts'
import { lastPosition, untilSettled } from '../environment/settled.ts'
import { startSystem } from '../environment/system.ts'
import { closedLoop } from '../load/generator.ts'

const CLIENTS = 32
/** Code that runs once for a batch is compiled late. */
const WARM_UP = 1_500
const MOST_WARM_UPS = 8
const WARM = 0.97
/** Fewer would not tell what batches are worth. */
const FEWEST = 500

/** Orders from the first click to the last reaction of the last order, with every process of the system. */
export function flow(environment: Environment): Benchmark {
  return {
    title: 'Orders from click to last reaction',
    method:
      `${CLIENTS} clients place orders as fast as they are answered, and the clock runs until every reaction to every event of ` +
      'every order is done. All processes run as `npm start` runs them: API, relay, scheduler, one worker process per folder, the ' +
      'payment sandbox and a mail server that keeps nothing. The baseline only stores orders, one per commit, and reacts to none: ' +
      'the ratio says what part of that pace the whole way keeps.',
    settings: { clients: CLIENTS, 'lines per order': 2 },
    sides: {
      commits: () => commits(environment, PLACE_ORDER, CLIENTS),
      system: () => systemSide(environment),
    },
    ratios: [
      {
        title: 'orders with all reactions done',
        ours: 'system',
        baseline: 'commits',
        value: 'rate',
        unit: 'orders/s',
        goal: { value: 600 },
      },
    ],
  }
}

async function systemSide(environment: Environment): Promise<Side> {
  const database = await environment.create('flow')
  const system = await startSystem(environment, database)
  const processorMs = () => {
    const pids = [process.pid, ...system.pids, ...servicesOf(environment.set).flatMap(({ pids }) => pids)]
    return pids.reduce((sum, pid) => sum + cpuMsOf(pid), 0)
  }
  let rate = 0
  const place = async (orders: number) => {
    const after = await lastPosition(database)
    const before = processorMs()
    const began = Date.now()
    const accepted = await closedLoop({ port: system.port, clients: CLIENTS, orders })
    const { at, events, handled } = await untilSettled(database, after)
    rate = orders / ((at - began) / 1_000)
    return {
      rate,
      'processor ms per order': (processorMs() - before) / orders,
      'accepted/s': orders / accepted.seconds,
      'events per order': events / orders,
      'reactions per order': handled / orders,
    }
  }
  return {
    title: 'the whole system',
    warmUp: () => untilWarm(async () => (await place(WARM_UP))['processor ms per order']),
    run: (seconds) => place(Math.max(FEWEST, Math.ceil(rate * seconds))),
  }
}

/** Until an order takes hardly less processor time than before. */
async function untilWarm(costOfOrders: () => Promise<number>) {
  let least = Infinity
  for (let n = 0; n < MOST_WARM_UPS; n++) {
    const cost = await costOfOrders()
    if (cost >= WARM * least) return
    least = cost
  }
}
