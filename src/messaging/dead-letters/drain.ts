import { setTimeout as wait } from 'node:timers/promises'
import type { Database } from '#platform/database'
import type { Logger } from '#platform/logger'
import type { Broker, Consumer, Delivery } from '../broker/broker.ts'
import { topologyOf, type Names } from '../broker/topology.ts'
import { writeDeadLetters, type Death } from '../reactions/dead-letter.ts'
import type { Reaction } from '../reactions/define-reaction.ts'
import { handledBefore } from '../reactions/handled-events.ts'
import { HEADER, readMessage } from '../reactions/message.ts'

export interface DrainRuntime {
  db: Database
  broker: Broker
  names: Names
  ladder: readonly number[]
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
 * Takes what RabbitMQ itself gave up on from the crash net `<reaction>.dead` into the table of dead letters, for as long as
 * it runs. A message is acknowledged when its row is committed; while PostgreSQL is away it waits, without being counted.
 */
export async function drainCrashNet(reaction: Reaction, runtime: DrainRuntime): Promise<Consumer> {
  const { broker, names, ladder, log } = runtime
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
    topology: topologyOf(names, { name: reaction.name, eventTypes: reaction.on.map(({ type }) => type) }, ladder),
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

async function writeDown(reaction: Reaction, delivery: Delivery, { db, instance, names, log }: DrainRuntime) {
  const death = toDeath(reaction, delivery, names)
  const eventId = death.message.envelope?.id
  if (eventId && (await handledBefore(db, reaction.name, [eventId])).has(eventId)) return
  await writeDeadLetters(db, reaction.name, instance, [death])
  log.warn(
    { reaction: reaction.name, eventId, reason: death.error.message },
    'taken from the crash net to the dead letters',
  )
}

function toDeath(reaction: Reaction, delivery: Delivery, names: Names): Death {
  const message = readMessage(delivery, new Map(reaction.on.map((type) => [type.type, type])))
  const { reason, count } = causeOf(delivery)
  const error = new DeliveryLimitReached(
    `RabbitMQ gave this message up (${reason}${count}): its deliveries ended without an outcome`,
  )
  delete error.stack // it would tell of this place, not of the failure
  const fromQueue = message.exchange === '' && message.routingKey === names.deadQueue(reaction.name)
  const { exchange, routingKey } = fromQueue ? originOf(delivery, names.queue(reaction.name)) : message
  return { message: { ...message, exchange, routingKey }, reason: 'delivery-limit', error }
}

interface BrokerDeath {
  reason?: string
  exchange?: string
  'routing-keys'?: string[]
}

/** What RabbitMQ notes about the death it caused, and what our own loop had noted before. */
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
    exchange: headers[HEADER.exchange] ?? death?.exchange ?? '',
    routingKey: headers[HEADER.routingKey] ?? death?.['routing-keys']?.[0] ?? queue,
  }
}
