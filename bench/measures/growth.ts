import { readStory } from '#messaging'
import type { Benchmark, Options, Ratio, Side } from '../benchmark.ts'
import type { BenchDatabase } from '../environment/databases.ts'
import type { Environment } from '../environment/environment.ts'
import { storeHistory } from '../load/history.ts'
import { apiSide } from './accept.ts'
import { reactionSide, reserveStock } from './react.ts'
import { relaySide, subscribersOfOrders } from './relay.ts'

type SideOn = (environment: Environment, database: BenchDatabase) => Promise<Side>

const WORK: Record<string, { unit: string; side: SideOn }> = {
  accept: { unit: 'orders/s', side: apiSide },
  relay: { unit: 'events/s', side: async (...on) => relaySide(...on, await subscribersOfOrders()) },
  'reserve stock': { unit: 'messages/s', side: async (...on) => reactionSide(...on, await reserveStock(), '') },
  story: { unit: 'stories/s', side: async (_, database) => storySide(database) },
}

const shown = (events: number) => events.toLocaleString('en-GB')
const sideName = (work: string, size: number) => `${work}, ${shown(size)} events`

/** The same work on databases that hold more and more events. */
export function growth(environment: Environment, { events }: Options): Benchmark {
  const sizes = events.toSorted((a, b) => a - b)
  const stores = new Map<number, Promise<BenchDatabase>>()
  const databaseOf = (size: number) => {
    if (!stores.has(size)) stores.set(size, fill(environment, size))
    return stores.get(size)!
  }
  const sides = sizes.flatMap((size) =>
    Object.entries(WORK).map(([work, { side }]) => {
      const title = sideName(work, size)
      return [title, async () => ({ ...(await side(environment, await databaseOf(size))), title })] as const
    }),
  )
  return {
    title: 'The same work with more events stored',
    method:
      'Databases are filled as if orders had gone all their way: every table of every context, nine events for each order and a row ' +
      'in handled_events for each of their reactions. On each of them, in turns, the API takes orders, a relay publishes to the ' +
      'queues of `order.placed`, a reaction reserves stock, and the stories of orders of any age are told, one after the other. The ' +
      `ratio is the pace in comparison with ${shown(sizes[0]!)} events: 1 is flat. Most of the database is in memory.`,
    settings: {},
    sides: Object.fromEntries(sides),
    ratios: sizes.slice(1).flatMap((size) => ratiosOf(size, sizes[0]!)),
  }
}

const ratiosOf = (size: number, smallest: number) =>
  Object.entries(WORK).map(([work, { unit }]): Ratio => {
    const [ours, baseline] = [sideName(work, size), sideName(work, smallest)]
    return { title: ours, ours, baseline, value: 'rate', unit, goal: { ratio: 0.8 } }
  })

async function fill(environment: Environment, size: number): Promise<BenchDatabase> {
  const database = await environment.create(`events_${size}`)
  await storeHistory(database.pool, size)
  return database
}

const ANY_THOUSAND = `
SELECT correlation_id AS id FROM (SELECT generate_series(1, 1000)) AS any_thousand, LATERAL (
  SELECT correlation_id FROM events WHERE position >= random() * (SELECT max(position) FROM events) ORDER BY position LIMIT 1) AS found`

function storySide({ db, pool }: BenchDatabase): Side {
  const run = async (seconds: number) => {
    const { rows } = await pool.query<{ id: string }>(ANY_THOUSAND)
    const began = performance.now()
    let told = 0
    for (; performance.now() - began < seconds * 1_000; told++) await readStory(db, rows[told % rows.length]!.id)
    return { rate: (1_000 * told) / (performance.now() - began) }
  }
  return { title: '', warmUp: () => run(1), run }
}
