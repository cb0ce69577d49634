// One reaction in a process of its own that works when it is told to, and tells how fast it was.
import { setTimeout as wait } from 'node:timers/promises'
import {
  createNames,
  createRabbitMq,
  createWakeUp,
  findReactions,
  loadReactions,
  runReaction,
  selectReactions,
  type Broker,
  type Reaction,
} from '#messaging'
import { readConfig } from '#platform/config'
import { openDatabase } from '#platform/database'
import { createLogger } from '#platform/logger'
import { register } from '#platform/metrics'
import { LADDER } from '../stage/broker.ts'
import { serveCommands } from '../stage/remote.ts'

const config = readConfig()
const log = createLogger('worker', config.LOG_LEVEL)
const database = openDatabase(config.DATABASE_URL, { poolSize: config.DATABASE_POOL, planning: 'by-key' })
const broker: Broker = createRabbitMq({ url: config.RABBITMQ_URL, name: 'fanfare bench worker', log })
const runtime = {
  ...database,
  broker,
  names: createNames(config.MESSAGING_NAMESPACE),
  retryDelays: LADDER,
  log,
  instance: `worker@bench:${process.pid}`,
  wakeUp: createWakeUp(database.pool),
}
let worker: Reaction

async function load({ folder, name }: { folder: string; name: string }) {
  worker = (await loadReactions(selectReactions(findReactions(folder), [name])))[0]!
}

const LOOK_MS = 2
const PATIENCE_MS = 120_000

/** Handles so many messages that wait in its queue. @returns messages per second, from the first batch to the last */
async function drain(count: number): Promise<number> {
  const before = await settled()
  const running = await runReaction(worker, runtime)
  const end = performance.now() + PATIENCE_MS
  let first: { at: number; done: number } | undefined
  for (;;) {
    const done = (await settled()) - before
    if (done > 0) first ??= { at: performance.now(), done }
    if (done >= count) break
    if (performance.now() > end) throw new Error(`handled ${done} of ${count} messages within two minutes`)
    await wait(LOOK_MS)
  }
  const rate = (count - first!.done) / ((performance.now() - first!.at) / 1_000)
  await running.stop()
  return rate
}

let running: Awaited<ReturnType<typeof runReaction>> | undefined

async function begin(): Promise<void> {
  running = await runReaction(worker, runtime)
}

async function end(): Promise<void> {
  await running?.stop()
}

/** @throws when a message was not simply handled */
async function settled(): Promise<number> {
  const metric = await register.getSingleMetric('fanfare_deliveries_total')!.get()
  let sum = 0
  for (const { labels, value } of metric.values) {
    if (labels['outcome'] !== 'done') throw new Error(`${value} messages ended as ${labels['outcome']}`)
    sum += value
  }
  return sum
}

serveCommands({ load, drain, begin, end }, async () => {
  await broker.close()
  await database.close()
})
