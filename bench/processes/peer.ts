// Fanfare's core doing what bench/peers does: node peer.ts produce|work|relay <default|tuned>, as main.mjs there.
import path from 'node:path'
import {
  append,
  createNames,
  createRabbitMq,
  createWakeUp,
  findReactions,
  listenForWakeUps,
  loadReactions,
  runReaction,
  startRelay,
  subscribe,
} from '#messaging'
import { readConfig } from '#platform/config'
import { isDatabaseOutage, openDatabase } from '#platform/database'
import { createLogger } from '#platform/logger'
import { createGroupCommit } from '../../src/domains/order/group-commit.ts'
import { placeOrders } from '../comparison/customers.ts'
import { PeerPlaced } from '../comparison/events.ts'
import { LADDER } from '../stage/broker.ts'

const [role, configuration] = process.argv.slice(2)
const config = readConfig()
const database = openDatabase(config.DATABASE_URL, { poolSize: 20, planning: 'by-key' })
const wakeUp = createWakeUp(database.pool)
const log = createLogger('peer', 'warn')

async function commit(orderIds: readonly string[]) {
  await database.db.$transaction(async (tx) => {
    await tx.$executeRaw`INSERT INTO peer_orders (id) SELECT unnest(${orderIds}::uuid[])`
    await append(
      tx,
      orderIds.map((orderId) => ({ event: PeerPlaced({ orderId }), correlationId: orderId })),
    )
  })
  wakeUp.wake()
  return orderIds
}

/** As the shop does it: orders that arrive during a commit share the next one. */
const group = createGroupCommit({ commit, isOutage: isDatabaseOutage })
const place = (orderId: string) => (configuration === 'tuned' ? group.submit(orderId) : commit([orderId]))

const surroundings = () => ({
  ...database,
  broker: createRabbitMq({ url: config.RABBITMQ_URL, name: `fanfare bench ${role}`, log }),
  names: createNames(config.MESSAGING_NAMESPACE),
  retryDelays: LADDER,
  log,
  instance: `${role}@bench:${process.pid}`,
})

async function work() {
  const folder = configuration === 'tuned' ? 'batch' : 'single'
  const found = findReactions(path.resolve(import.meta.dirname, '../reactions')).filter((one) => one.folder === folder)
  const workers = await loadReactions(found)
  await subscribe(database.db, workers)
  const runtime = { ...surroundings(), wakeUp }
  await Promise.all(workers.map((worker) => runReaction(worker, runtime)))
}

function relay() {
  const { wake } = startRelay(surroundings())
  listenForWakeUps(config.DATABASE_URL, log, wake)
}

process.once('SIGTERM', () => process.exit(0))
if (role === 'produce') {
  await database.db.$queryRaw`SELECT 1`
  console.log('producing')
  await placeOrders(place, process.env)
  setInterval(() => {}, 60_000) // until it is stopped
} else {
  await (role === 'work' ? work() : relay())
  console.log(role === 'work' ? 'working' : 'relaying')
}
