import type { Comparison, Contest, Side } from '../contest.ts'
import { perUnit } from '../limits/pgbench.ts'
import { storeOrders } from '../load/stored-orders.ts'
import { declareQueues, type BenchBroker } from '../stage/broker.ts'
import type { BenchDatabase } from '../stage/databases.ts'
import type { Remote } from '../stage/process.ts'
import type { Stage } from '../stage/stage.ts'

const WINDOW = 2_000
const STORED = 2_000
const FEWEST = 2_000
const MOST = 4

/** What more publishers, and more queues in place of one, are worth on this broker: relay shards and partitions to be. */
export async function partitions(stage: Stage): Promise<Contest> {
  const database = await stage.create('partitions')
  await storeOrders(database.pool, STORED)
  const queues = await Promise.all(Array.from({ length: MOST }, (_, nth) => oneQueue(stage, nth)))
  const publishers = await Promise.all(
    Array.from({ length: MOST }, (_, nth) => stage.remote(`publisher ${nth + 1}`, 'bench/processes/publisher.ts', {})),
  )
  const side = (shards: number, parts: number) =>
    publishing(stage, database, publishers.slice(0, shards), queues.slice(0, parts))
  return {
    name: 'partitions',
    title: 'Relay shards and partitioned queues, tried on the broker',
    method:
      'Fanfare has one active relay, and one queue for each reaction. Here publishers stand for relays: one, two and four processes publish ' +
      'order.placed with confirms, each with its own share of the streams, to one quorum queue or each to a queue of its own, as partitions of ' +
      'one reaction would be. The ratio is the gain over one publisher and one queue. All of it shares the processors of this machine, so it ' +
      'shows what a part costs and not what more machines would bring.',
    settings: { 'unconfirmed at once, per publisher': WINDOW },
    sides: { '1-1': side(1, 1), '2-1': side(2, 1), '2-2': side(2, 2), '4-4': side(4, 4) },
    comparisons: [
      gain('two publishers, one queue', '2-1'),
      gain('two publishers, two queues', '2-2'),
      gain('four publishers, four queues', '4-4'),
    ],
  }
}

const gain = (title: string, ours: string): Comparison => ({
  title,
  ours,
  limit: '1-1',
  value: 'rate',
  unit: 'messages/s',
  better: 'higher',
  guarded: false,
})

const oneQueue = (stage: Stage, nth: number) =>
  declareQueues(stage, `partition-${nth + 1}`, [{ name: 'bench.note', eventTypes: ['order.placed'] }])

function publishing(
  stage: Stage,
  database: BenchDatabase,
  publishers: readonly Remote[],
  queues: readonly BenchBroker[],
): Side {
  let expected = 4_000
  const load = { databaseUrl: database.url, rabbitmqUrl: stage.urls.rabbitmq, messages: STORED }
  const run = async (seconds: number) => {
    for (const { purge } of queues) await purge()
    await Promise.all(
      publishers.map((publisher, nth) => {
        const { namespace } = queues[nth % queues.length]!.names
        return publisher.ask('load', { ...load, namespace, share: { nth, of: publishers.length } })
      }),
    )
    const count = Math.max(FEWEST, Math.ceil((expected * seconds) / publishers.length))
    const { result, cpu } = await stage.metered(publishers, async () => {
      const began = performance.now()
      await Promise.all(publishers.map((publisher) => publisher.ask('publish', { count, window: WINDOW })))
      return (count * publishers.length) / ((performance.now() - began) / 1_000)
    })
    expected = result
    return { rate: result, ...perUnit(cpu, count * publishers.length) }
  }
  const of = (many: number, what: string) => `${many} ${what}${many === 1 ? '' : 's'}`
  const title = `${of(publishers.length, 'publisher')}, ${of(queues.length, 'quorum queue')}`
  return { title, warmUp: async () => void (await run(1)), run }
}
