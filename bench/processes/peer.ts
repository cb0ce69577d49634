// Fanfare's core doing what bench/peers does: node peer.ts produce|work|relay <default|tuned>, as main.mjs there.
import { randomUUID } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import {
  append,
  createNames,
  createRabbitMq,
  createWakeUp,
  findWorkers,
  listenForWakeUps,
  loadWorkers,
  runWorker,
  startRelay,
  subscribe,
} from '#messaging'
import { readConfig } from '#platform/config'
import { isDatabaseOutage, openDatabase } from '#platform/database'
import { createLogger } from '#platform/logger'
import { createGroupCommit } from '../../src/domains/order/group-commit.ts'
import { PeerPlaced } from '../comparison/events.ts'
import { LADDER } from '../stage/broker.ts'

const [role, configuration] = process.argv.slice(2)
const config = readConfig()
const database = openDatabase(config.DATABASE_URL, { poolSize: 20 })
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

async function placeAll(count: number) {
  let left = count
  const customer = async () => {
    while (left-- > 0) await place(randomUUID())
  }
  await Promise.all(Array.from({ length: 16 }, customer))
}

async function keepPlacing(rate: number, answered: string | undefined) {
  const began = performance.now()
  for (let nth = 1; ; nth++) {
    const orderId = randomUUID()
    place(orderId).then(
      () => answered && appendFileSync(answered, `${orderId}\n`),
      () => {}, // a customer who was told that it failed
    )
    await wait(began + (nth * 1_000) / rate - performance.now())
  }
}

const surroundings = () => ({
  ...database,
  broker: createRabbitMq({ url: config.RABBITMQ_URL, name: `fanfare bench ${role}`, log }),
  names: createNames(config.MESSAGING_NAMESPACE),
  ladder: LADDER,
  log,
  instance: `${role}@bench:${process.pid}`,
})

async function work() {
  const folder = configuration === 'tuned' ? 'batch' : 'single'
  const found = findWorkers(path.resolve(import.meta.dirname, '../reactions')).filter((one) => one.folder === folder)
  const workers = await loadWorkers(found)
  await subscribe(database.db, workers)
  const runtime = { ...surroundings(), wakeUp }
  await Promise.all(workers.map((worker) => runWorker(worker, runtime)))
}

function relay() {
  const { wake } = startRelay(surroundings())
  listenForWakeUps(config.DATABASE_URL, log, wake)
}

process.once('SIGTERM', () => process.exit(0))
if (role === 'produce') {
  const { RATE: rate, COUNT: count, ANSWERED: answered } = process.env
  await database.db.$queryRaw`SELECT 1`
  console.log('producing')
  await (rate ? keepPlacing(Number(rate), answered) : placeAll(Number(count)))
  setInterval(() => {}, 60_000) // until it is stopped
} else {
  await (role === 'work' ? work() : relay())
  console.log(role === 'work' ? 'working' : 'relaying')
}
