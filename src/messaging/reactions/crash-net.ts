import { setTimeout as wait } from 'node:timers/promises'
import type { Database } from '#platform/database'
import type { Logger } from '#platform/log/logger'
import type { Broker, Consumer, Delivery } from '../broker/broker.ts'
import { topologyOf, type Names } from '../broker/topology.ts'
import { standingOf } from '../deliveries/handled-events.ts'
import { keepUnreadable, type Refused } from '../deliveries/failure/unreadable.ts'
import type { Reaction } from './define/define-reaction.ts'
import { fromBroker } from './batch/message.ts'

export interface CrashNetRuntime {
  db: Database
  broker: Broker
  names: Names
  instance: string
  log: Logger
}

/** RabbitMQ itself gave the message up. */
class DeliveryLimitReached extends Error {
  override name = 'DeliveryLimitReached'
}

const PREFETCH = 20
const RETRY_MS = 1_000

/**
 * Keeps what RabbitMQ itself gave up on, and put into `<reaction>.dead`, as dead letters, for as long as it runs. A message is
 * acknowledged when its row is committed; while PostgreSQL is away it waits, without being counted.
 */
export async function drainCrashNet(reaction: Reaction, runtime: CrashNetRuntime): Promise<Consumer> {
  const { broker, names, log } = runtime
  const stopping = new AbortController()
  let tail = Promise.resolve()
  const keep = async (delivery: Delivery) => {
    while (!stopping.signal.aborted) {
      try {
        await writeDown(reaction, delivery, runtime)
        return delivery.ack()
      } catch (err) {
        log.warn({ reaction: reaction.name, reason: (err as Error).message }, 'the crash net cannot be emptied yet')
        await wait(RETRY_MS, undefined, { signal: stopping.signal }).catch(() => {})
      }
    }
  }
  const consumer = await broker.consume({
    queue: names.deadQueue(reaction.name),
    topology: topologyOf(names, { name: reaction.name, eventTypes: reaction.on.map(({ type }) => type) }),
    prefetch: PREFETCH,
    onDelivery: (delivery) => (tail = tail.then(() => keep(delivery))),
    onLost: () => {},
  })
  return {
    async close() {
      stopping.abort()
      await tail
      await consumer.close()
    },
  }
}

async function writeDown(reaction: Reaction, delivery: Delivery, { db, instance, names, log }: CrashNetRuntime) {
  const message = toRefused(reaction, delivery, names)
  const eventId = message.envelope?.id
  if (eventId && (await standingOf(db, reaction.name, [eventId])).get(eventId) === 'handled') return
  await keepUnreadable(db, reaction.name, instance, [message])
  log.error(
    { reaction: reaction.name, event: eventId, error: message.error.message },
    'given up by RabbitMQ: the message is a dead letter',
  )
}

function toRefused(reaction: Reaction, delivery: Delivery, names: Names): Refused {
  const { envelope } = fromBroker(delivery)
  const { reason, count } = causeOf(delivery)
  const error = new DeliveryLimitReached(
    `RabbitMQ gave this message up (${reason}${count}): its deliveries ended without an outcome`,
  )
  delete error.stack // it would tell of this place, not of the failure
  const fromQueue = delivery.exchange === '' && delivery.routingKey === names.deadQueue(reaction.name)
  const origin = fromQueue ? originOf(delivery, names.queue(reaction.name)) : {}
  return { delivery: { ...delivery, ...origin }, envelope, reason: 'delivery-limit', error }
}

interface BrokerDeath {
  reason?: string
  exchange?: string
  'routing-keys'?: string[]
}

/** What RabbitMQ notes about the death it caused. */
type DeathHeaders = Partial<Record<string, string>> & { 'x-death'?: BrokerDeath[]; 'x-delivery-count'?: number }

const lastDeath = (headers: DeathHeaders) => headers['x-death']?.[0]

function causeOf(delivery: Delivery) {
  const headers = delivery.headers as DeathHeaders
  const reason = headers['x-last-death-reason'] ?? lastDeath(headers)?.reason ?? 'put there by hand'
  const delivered = headers['x-delivery-count']
  return { reason, count: delivered === undefined ? '' : ` after ${delivered} deliveries` }
}

/** Where it was published to before the broker moved it. */
function originOf(delivery: Delivery, queue: string) {
  const headers = delivery.headers as DeathHeaders
  const death = lastDeath(headers)
  return {
    exchange: death?.exchange ?? '',
    routingKey: death?.['routing-keys']?.[0] ?? queue,
  }
}
