import type { Contest, Sample, Side, Table } from '../contest.ts'
import { commitLimit, perUnit } from '../limits/pgbench.ts'
import { PLACE_ORDER } from '../limits/statement.ts'
import type { ClosedLoop, Load } from '../load/generator.ts'
import type { Options } from '../options.ts'
import type { BenchDatabase } from '../stage/databases.ts'
import { lastPosition, untilSettled } from '../stage/settled.ts'
import { isMail, startShop } from '../stage/shop.ts'
import type { Stage } from '../stage/stage.ts'

const CLIENTS = 32
const WARM_UP = 1_500
/** Fewer would not tell what batches are worth. */
const FEWEST = 500
const PATIENCE_S = 300

/** Orders from the first click to the last reaction of the last order, with every process of the shop. */
export async function flow(stage: Stage, { withoutMail }: Options): Promise<Contest> {
  const limit = await commitLimit(stage, PLACE_ORDER, CLIENTS)
  const mail = withoutMail ? ', without mail' : ''
  const { side, reactions } = await wholeShop(stage, withoutMail)
  return {
    name: withoutMail ? 'flow-without-mail' : 'flow',
    title: `Orders from click to last reaction${mail}`,
    method:
      `${CLIENTS} clients place orders as fast as they are answered, and the clock runs until every reaction to every event of ` +
      'every order is done. All processes run as `npm start` runs them: API, relay, scheduler, one worker process per folder, ' +
      `the payment sandbox${withoutMail ? '; the reaction that mails and the mail server are left out' : ' and a mail server that keeps nothing'}. ` +
      'The limit only stores orders, one per commit, and reacts to none: the ratio says what part of that pace the whole way keeps.',
    settings: { clients: CLIENTS, 'lines per order': 2 },
    sides: { limit, shop: side },
    comparisons: [
      {
        title: `orders with all reactions done${mail}`,
        ours: 'shop',
        limit: 'limit',
        value: 'rate',
        unit: 'orders/s',
        better: 'higher',
        goal: { value: 600 },
      },
    ],
    tables: async () => [await reactions()],
  }
}

async function wholeShop(stage: Stage, withoutMail: boolean) {
  const database = await stage.create('flow')
  const shop = await startShop(stage, database, { withoutMail })
  stage.onClose(shop.stop)
  const load = await stage.remote('load', 'bench/load/generator.ts', {})
  const ignored = (reaction: { name: string }) => withoutMail && isMail(reaction)
  let expected = 0
  let lastRun = 0
  const place = async (orders: number): Promise<Sample> => {
    const after = await lastPosition(database)
    const began = (lastRun = Date.now())
    const plan: ClosedLoop = { host: '127.0.0.1', port: shop.port, clients: CLIENTS, orders }
    const { result, cpu } = await stage.metered([...shop.processes, load], async () => {
      const taken = await load.ask<Load>('closedLoop', plan, PATIENCE_S)
      return { taken, ended: await untilSettled(database, PATIENCE_S, { ignored, after }) }
    })
    const { taken, ended } = result
    if (taken.placed !== orders) throw new Error(`not every order was taken: ${JSON.stringify(taken.answers)}`)
    if (ended.deadLetters > 0) throw new Error(`${ended.deadLetters} messages became dead letters`)
    expected = orders / ((ended.at - began) / 1_000)
    return {
      rate: expected,
      'accepted/s': orders / taken.seconds,
      'events per order': ended.events / orders,
      'reactions per order': ended.deliveries / orders,
      ...perUnit(cpu, orders),
    }
  }
  const side: Side = {
    title: 'the whole shop',
    warmUp: async () => {
      await place(WARM_UP)
      await place(WARM_UP)
    },
    run: (seconds) => place(Math.max(FEWEST, Math.ceil(expected * seconds))),
  }
  return { side, reactions: () => reactionsSince(database, lastRun) }
}

/** Who was done when, in the last run: the last ones are what held the others up, or had the most to do. */
async function reactionsSince({ pool }: BenchDatabase, began: number): Promise<Table> {
  const { rows } = await pool.query<{ reaction: string; handled: number; transactions: number; seconds: number }>(
    `SELECT reaction, count(*)::int AS handled, count(DISTINCT xmin::text)::int AS transactions,
       extract(epoch FROM max(handled_at) - to_timestamp($1::float8 / 1000))::float8 AS seconds
     FROM handled_events WHERE handled_at >= to_timestamp($1::float8 / 1000) GROUP BY reaction ORDER BY seconds`,
    [began],
  )
  return {
    title: 'Reactions in the last run',
    columns: ['reaction', 'messages', 'messages per transaction', 'done after s'],
    rows: rows.map(({ reaction, handled, transactions, seconds }) => [
      reaction,
      handled,
      handled / transactions,
      seconds,
    ]),
  }
}
