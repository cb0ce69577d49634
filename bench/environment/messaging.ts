import { createNames, createRabbitMq, createWakeUp, topologyOf, type Broker, type Names, type WakeUp } from '#messaging'
import { openDatabase, type OpenDatabase } from '#platform/database'
import { createLogger, type Logger } from '#platform/log/logger'
import type { BenchDatabase } from './databases.ts'
import type { Environment } from './environment.ts'

/** As far as the broker is concerned. */
export interface Subscription {
  name: string
  eventTypes: readonly string[]
}

/** What a relay, a reaction or reconciliation runs on in this process. */
export interface Messaging extends OpenDatabase {
  broker: Broker
  names: Names
  retryDelays: readonly number[]
  log: Logger
  instance: string
  wakeUp: WakeUp
}

export const RETRY_DELAYS = [1_000]

/** Connections of its own, and a namespace that is removed from the broker at the reset. */
export function openMessaging(environment: Environment, database: BenchDatabase, label: string): Messaging {
  const log = createLogger('bench', 'error')
  const own = openDatabase(database.url, { planning: 'by-key', applicationName: 'fanfare bench messaging' })
  const broker = createRabbitMq({ url: environment.urls.rabbitmq, name: 'fanfare bench', log })
  const names = createNames(environment.namespace(label))
  environment.onReset(async () => {
    await broker.close()
    await own.close()
    await removeNamespace(environment, database, names.namespace)
  })
  return {
    ...own,
    broker,
    names,
    retryDelays: RETRY_DELAYS,
    log,
    instance: `bench:${process.pid}`,
    wakeUp: createWakeUp(own.pool),
  }
}

/** As reactions do when they start, but from the first event on. */
export async function subscribe({ db, broker, names }: Messaging, subscriptions: readonly Subscription[]) {
  for (const subscription of subscriptions) {
    const rows = subscription.eventTypes.map((eventType) => ({ reaction: subscription.name, eventType, since: 0 }))
    await db.subscription.createMany({ data: rows, skipDuplicates: true })
    await broker.declare(topologyOf(names, subscription))
  }
}

export async function purge({ amqp }: Environment, { names }: Messaging, subscriptions: readonly Subscription[]) {
  const channel = await amqp.createChannel()
  for (const { name } of subscriptions) await channel.purgeQueue(names.queue(name))
  await channel.close()
}

/** Takes what was declared under a prefix off the broker again. */
export async function removeNamespace({ urls }: Environment, { db }: BenchDatabase, namespace: string): Promise<void> {
  const names = createNames(namespace)
  const broker = createRabbitMq({ url: urls.rabbitmq, name: 'fanfare bench', log: createLogger('bench', 'silent') })
  const marks = await db.brokerMarker.findMany()
  await broker.destroy({ exchanges: marks.map(({ incarnation }) => names.mark(incarnation)), queues: [], bindings: [] })
  for (const { reaction: name, eventType } of await db.subscription.findMany())
    await broker.destroy(topologyOf(names, { name, eventTypes: [eventType] }))
  await broker.close()
}
