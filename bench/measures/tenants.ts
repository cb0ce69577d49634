import type { Contest, Side } from '../contest.ts'
import type { ClosedLoop, Load } from '../load/generator.ts'
import { lastPosition, untilSettled } from '../stage/settled.ts'
import { startShop } from '../stage/shop.ts'
import type { Stage } from '../stage/stage.ts'

const CLIENTS = 32
/** For each shop: code that runs once for a batch is compiled late. */
const WARM_UP = 1_500
const FEWEST = 200
const PATIENCE_S = 300

/** The same orders in one shop, and divided among two that share the services: sharding by tenant, as it is there today. */
export async function tenants(stage: Stage): Promise<Contest> {
  const [first, second] = [await oneShop(stage, 'tenant-1'), await oneShop(stage, 'tenant-2')]
  return {
    name: 'tenants',
    title: 'Two shops in place of one',
    method:
      `${CLIENTS} clients place orders as fast as they are answered, and the clock runs until the last reaction is done: all of them in one ` +
      'shop, or half of them in each of two. Each shop has its own database, namespace on the broker and processes; PostgreSQL, RabbitMQ, ' +
      'Redis and the processors are shared, and the shop that is not asked runs on idle. The ratio says what dividing a shop costs.',
    settings: { clients: CLIENTS },
    sides: { one: side('one shop', [first]), two: side('two shops', [first, second]) },
    comparisons: [
      {
        title: 'orders with all reactions done, in two shops',
        ours: 'two',
        limit: 'one',
        value: 'rate',
        unit: 'orders/s',
        better: 'higher',
        guarded: false,
      },
    ],
  }
}

/** @returns what places so many orders with so many clients, and resolves when all is done */
async function oneShop(stage: Stage, label: string) {
  const database = await stage.create(label.replaceAll('-', '_'))
  const shop = await startShop(stage, database, { withoutMail: false, label })
  stage.onClose(shop.stop)
  const load = await stage.remote(`load ${label}`, 'bench/load/generator.ts', {})
  return async (orders: number, clients: number) => {
    const after = await lastPosition(database)
    const plan: ClosedLoop = { host: '127.0.0.1', port: shop.port, clients, orders }
    const { placed, answers } = await load.ask<Load>('closedLoop', plan, PATIENCE_S)
    if (placed !== orders) throw new Error(`not every order was taken: ${JSON.stringify(answers)}`)
    const { at, deadLetters } = await untilSettled(database, PATIENCE_S, { after })
    if (deadLetters > 0) throw new Error(`${deadLetters} messages became dead letters`)
    return at
  }
}

type Place = Awaited<ReturnType<typeof oneShop>>

function side(title: string, shops: readonly Place[]): Side {
  let expected = 0
  const place = async (orders: number) => {
    const each = Math.ceil(orders / shops.length)
    const began = Date.now()
    const ends = await Promise.all(shops.map((shop) => shop(each, CLIENTS / shops.length)))
    expected = (each * shops.length) / ((Math.max(...ends) - began) / 1_000)
    return { rate: expected }
  }
  return {
    title,
    warmUp: async () => void (await place(WARM_UP * shops.length)),
    run: (seconds) => place(Math.max(FEWEST, expected * seconds)),
  }
}
