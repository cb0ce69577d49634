import type { Comparison, Contest, Sample } from '../contest.ts'
import type { Click, OpenLoop } from '../load/generator.ts'
import { declareQueues } from '../stage/broker.ts'
import type { BenchDatabase } from '../stage/databases.ts'
import { lastPosition, untilSettled } from '../stage/settled.ts'
import { startShop } from '../stage/shop.ts'
import type { Stage } from '../stage/stage.ts'
import { latenciesOf, type Latencies } from '../statistics.ts'

const RATE = 100
/** Code that runs once for a batch is compiled late. */
const WARM_UP_S = 40
const PATIENCE_S = 120

/** How long an order takes to be confirmed while others keep coming. */
export async function latency(stage: Stage): Promise<Contest> {
  return {
    name: 'latency',
    title: `Latency at ${RATE} orders a second`,
    method:
      `${RATE} orders a second on a fixed schedule, whether or not earlier ones are answered; all processes run as \`npm start\` ` +
      'runs them. Placed to confirmed is told by the times of the two events in the store: stock, payment and fraud screening ' +
      'have answered in between. The answer to the click counts from the moment the click was due. The limit is the least that ' +
      'such an order needs, at the same rate in one bare process: a commit, a confirmed publish through a quorum queue, a commit, ' +
      'another publish through another one.',
    settings: { 'orders/s': RATE },
    sides: { limit: await hops(stage), shop: await wholeShop(stage) },
    comparisons: [compare('placed → confirmed, p50', 'p50', 25), compare('placed → confirmed, p99', 'p99', 100)],
  }
}

const compare = (title: string, value: string, most: number): Comparison => ({
  title,
  ours: 'shop',
  limit: 'limit',
  value,
  unit: 'ms',
  better: 'lower',
  goal: { value: most },
  guarded: false,
})

async function hops(stage: Stage) {
  const database = await stage.create('hops')
  const ends = ['bench.first', 'bench.second'] as const
  const { names } = await declareQueues(
    stage,
    'hops',
    ends.map((name) => ({ name, eventTypes: [] })),
  )
  const process = await stage.remote('hops', 'bench/processes/hops.ts', {})
  const run = async (seconds: number): Promise<Sample> => ({
    ...(await process.ask<Latencies>('run', { rate: RATE, seconds }, seconds + 60)),
  })
  return {
    title: 'two commits and two hops',
    async warmUp() {
      const queues = ends.map((name) => names.queue(name))
      await process.ask('open', { databaseUrl: database.url, rabbitmqUrl: stage.urls.rabbitmq, queues })
      await run(2)
    },
    run,
  }
}

async function wholeShop(stage: Stage) {
  const database = await stage.create('latency')
  const shop = await startShop(stage, database, { withoutMail: false })
  stage.onClose(shop.stop)
  const load = await stage.remote('load', 'bench/load/generator.ts', {})
  const run = async (seconds: number): Promise<Sample> => {
    const plan: OpenLoop = { host: '127.0.0.1', port: shop.port, phases: [{ rate: RATE, seconds }] }
    const after = await lastPosition(database)
    const clicks = await load.ask<Click[]>('openLoop', plan, seconds + 60)
    await untilSettled(database, PATIENCE_S, { after })
    const refused = clicks.filter(({ status }) => status !== 202).length
    if (refused > 0) throw new Error(`${refused} of ${clicks.length} orders were not taken`)
    const { p50, p90, p99, max } = latenciesOf(await confirmationTimes(database, clicks))
    const answer = latenciesOf(clicks.map(({ ms }) => ms))
    return { p50, p90, p99, max, 'click p50': answer.p50, 'click p99': answer.p99 }
  }
  return { title: 'the whole shop', warmUp: async () => void (await run(WARM_UP_S)), run }
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
