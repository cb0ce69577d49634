import { createNames, createRabbitMq, topologyOf, type Names } from '#messaging'
import { createLogger } from '#platform/logger'
import type { BenchDatabase } from './databases.ts'
import type { Stage } from './stage.ts'

/** A reaction as far as the broker is concerned. */
export interface Subscription {
  name: string
  eventTypes: readonly string[]
}

export const LADDER = [1_000]
/** The rungs of processes that are not told otherwise. */

export interface BenchBroker {
  names: Names
  /** Empties every queue. */
  purge(): Promise<void>
}

/** Queues as reactions have them, under a prefix of their own; removed with everything in them when the stage closes. */
export async function declareQueues(
  stage: Stage,
  label: string,
  subscriptions: readonly Subscription[],
): Promise<BenchBroker> {
  const names = createNames(stage.namespace(label))
  const broker = createRabbitMq({
    url: stage.urls.rabbitmq,
    name: 'fanfare bench',
    log: createLogger('bench', 'silent'),
  })
  const topologies = subscriptions.map((subscription) => topologyOf(names, subscription))
  for (const topology of topologies) await broker.declare(topology)
  stage.onClose(async () => {
    for (const topology of topologies) await broker.destroy(topology)
    await broker.close()
  })
  return {
    names,
    async purge() {
      const channel = await stage.amqp.createChannel()
      for (const { name } of subscriptions) await channel.purgeQueue(names.queue(name))
      await channel.close()
    },
  }
}

/** Takes what processes have declared under a prefix off the broker again. */
export async function removeNamespace(stage: Stage, { db }: BenchDatabase, namespace: string): Promise<void> {
  const names = createNames(namespace)
  const broker = createRabbitMq({
    url: stage.urls.rabbitmq,
    name: 'fanfare bench',
    log: createLogger('bench', 'silent'),
  })
  const marks = await db.brokerMarker.findMany()
  await broker.destroy({ exchanges: marks.map(({ incarnation }) => names.mark(incarnation)), queues: [], bindings: [] })
  for (const { reaction: name, eventType } of await db.subscription.findMany())
    await broker.destroy(topologyOf(names, { name, eventTypes: [eventType] }))
  await broker.close()
}
