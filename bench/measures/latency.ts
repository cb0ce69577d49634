import { twoHops } from '../baselines/two-hops.ts'
import type { Benchmark, Ratio, Side } from '../benchmark.ts'
import type { BenchDatabase } from '../environment/databases.ts'
import type { Environment } from '../environment/environment.ts'
import { lastPosition, untilSettled } from '../environment/settled.ts'
import { startSystem } from '../environment/system.ts'
import { openLoop, type Click } from '../load/generator.ts'
import { latenciesOf } from '../statistics.ts'

const RATE = 100
/** Code that runs once for a batch is compiled late. */
const WARM_UP_S = 40

/** How long an order takes to be confirmed while others keep coming. */
export function latency(environment: Environment): Benchmark {
  return {
    title: `Latency at ${RATE} orders a second`,
    method:
      `${RATE} orders a second on a fixed schedule, whether or not earlier ones are answered; all processes run as \`npm start\` ` +
      'runs them. Placed to confirmed is told by the times of the two events in the store: stock, payment and fraud screening ' +
      'have answered in between. The baseline is the least that such an order needs, at the same rate in one bare process: a ' +
      'commit, a confirmed publish through a quorum queue, a commit, another publish through another one.',
    settings: { 'orders/s': RATE },
    sides: { hops: () => twoHops(environment, RATE), system: () => systemSide(environment) },
    ratios: [
      { ...TIME, title: 'placed → confirmed, p50', value: 'p50', goal: { value: 25 } },
      { ...TIME, title: 'placed → confirmed, p99', value: 'p99', goal: { value: 100 } },
    ],
  }
}

const TIME = { ours: 'system', baseline: 'hops', unit: 'ms', better: 'lower' } satisfies Partial<Ratio>

async function systemSide(environment: Environment): Promise<Side> {
  const database = await environment.create('latency')
  const { port } = await startSystem(environment, database)
  const run = async (seconds: number) => {
    const after = await lastPosition(database)
    const clicks = await openLoop(port, RATE, seconds) // each latency counts from the moment the click was due
    await untilSettled(database, after)
    const answer = latenciesOf(clicks.map(({ ms }) => ms))
    const confirmed = latenciesOf(await confirmationTimes(database, clicks))
    return { ...confirmed, 'click p50': answer.p50, 'click p99': answer.p99 }
  }
  return { title: 'the whole system', warmUp: () => run(WARM_UP_S), run }
}

/** Milliseconds between placed and confirmed of each of these orders. @throws when one is not confirmed */
async function confirmationTimes({ pool }: BenchDatabase, clicks: readonly Click[]): Promise<number[]> {
  const { rows } = await pool.query<{ ms: number }>(
    `SELECT extract(epoch FROM confirmed.occurred_at - placed.occurred_at)::float8 * 1000 AS ms
     FROM unnest($1::text[]) AS wanted(stream)
     JOIN events placed ON placed.stream = wanted.stream AND placed.type = 'order.placed'
     JOIN events confirmed ON confirmed.stream = wanted.stream AND confirmed.type = 'order.confirmed'`,
    [clicks.map(({ orderId }) => `order-${orderId}`)],
  )
  if (rows.length !== clicks.length) throw new Error(`${clicks.length - rows.length} orders were not confirmed`)
  return rows.map(({ ms }) => ms)
}
