import { createNames } from '#messaging'
import { askRabbitMq } from '../../dev/services/index.ts'
import type { BenchDatabase } from './databases.ts'
import type { Stage } from './stage.ts'

/** What the shop keeps open, and what waits. Undefined where it cannot be told: on a broker that is not private. */
export interface Handles {
  'AMQP connections': number | undefined
  'AMQP channels': number | undefined
  'PostgreSQL connections': number
  'messages on queues': number
}

export async function countHandles(stage: Stage, database: BenchDatabase, namespace: string): Promise<Handles> {
  const amqp = stage.origin.rabbitmq === 'private' ? askRabbitMq(stage.set, COUNT) : undefined
  const [connections, channels] = [...(amqp ?? '').matchAll(/\d+/g)].map(Number)
  const { rows } = await database.pool.query<{ count: number }>(
    'SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database()',
  )
  return {
    'AMQP connections': connections,
    'AMQP channels': channels,
    'PostgreSQL connections': rows[0]!.count,
    'messages on queues': await waiting(stage, database, namespace),
  }
}

const COUNT = '{length(rabbit_networking:connections()), length(rabbit_channel:list())}.'

/** On the queues of all reactions and in the crash net. */
async function waiting({ amqp }: Stage, { db }: BenchDatabase, namespace: string): Promise<number> {
  const names = createNames(namespace)
  const reactions = (await db.subscription.findMany({ distinct: ['reaction'] })).map(({ reaction }) => reaction)
  const queues = reactions.flatMap((name) => [names.queue(name), names.deadQueue(name)])
  const channel = await amqp.createChannel()
  let messages = 0
  for (const queue of queues) messages += (await channel.checkQueue(queue)).messageCount
  await channel.close()
  return messages
}
