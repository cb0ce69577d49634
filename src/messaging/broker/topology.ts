import type { Topology } from './broker.ts'

/** Every name on the broker, prefixed with the namespace where one is set. */
export interface Names {
  readonly namespace: string
  /** The fanout exchange of an event type. */
  exchange(eventType: string): string
  /** The queue of a reaction. */
  queue(reaction: string): string
  /** Where the broker itself puts messages of a reaction that it gives up on: the crash net. */
  deadQueue(reaction: string): string
  /** The exchange that marks a broker as the one this system knows. */
  mark(incarnation: string): string
}

export function createNames(namespace = ''): Names {
  const name = (local: string) => (namespace ? `${namespace}.${local}` : local)
  return {
    namespace,
    exchange: name,
    queue: name,
    deadQueue: (reaction) => name(`${reaction}.dead`),
    mark: (incarnation) => name(`incarnation.${incarnation}`),
  }
}

/** Returns to a queue's head after this many deliveries without an outcome; then the crash net takes it. 4.0 defaults to 20. */
const DELIVERY_LIMIT = 100

/** The crash net has no net of its own: past its limit a message would be gone. 4.0 defaults to 20, and not every version knows -1. */
const NEVER_DROPPED = 1_000_000

const QUORUM = { 'x-queue-type': 'quorum' }
/** Dead-lettering by the broker that keeps the message until its new queue has confirmed it. */
const AT_LEAST_ONCE = { 'x-dead-letter-strategy': 'at-least-once', 'x-overflow': 'reject-publish' }

/** What the events of these types need to be published. */
export function exchangesFor(names: Names, eventTypes: readonly string[]): Topology {
  return { exchanges: eventTypes.map(names.exchange), queues: [], bindings: [] }
}

/**
 * Everything one reaction needs: its quorum queue bound to the fanout exchange of each of its event types, and its crash net.
 */
export function topologyOf(names: Names, reaction: { name: string; eventTypes: readonly string[] }): Topology {
  const queue = names.queue(reaction.name)
  const dead = names.deadQueue(reaction.name)
  const exchanges = reaction.eventTypes.map(names.exchange)
  return {
    exchanges,
    queues: [
      { name: dead, arguments: { ...QUORUM, 'x-delivery-limit': NEVER_DROPPED } },
      {
        name: queue,
        arguments: { ...QUORUM, ...AT_LEAST_ONCE, ...deadLetterTo(dead), 'x-delivery-limit': DELIVERY_LIMIT },
      },
    ],
    bindings: exchanges.map((exchange) => ({ queue, exchange })),
  }
}

const deadLetterTo = (queue: string) => ({ 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': queue })
