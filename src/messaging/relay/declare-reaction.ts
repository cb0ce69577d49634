import { TopologyMismatch } from '../broker/broker.ts'
import { topologyOf } from '../broker/topology.ts'
import type { RelayOptions } from './options.ts'

/** A reaction as the relay knows it. */
export interface Subscriber {
  reaction: string
  eventTypes: readonly string[]
}

/**
 * Declares what a reaction needs on the broker. A queue that stands there with other properties is bound as it is: it
 * takes messages, and its worker says what is wrong with it.
 */
export async function declareReaction(
  { broker, names, log }: RelayOptions,
  { reaction, eventTypes }: Subscriber,
): Promise<void> {
  const topology = topologyOf(names, { name: reaction, eventTypes })
  try {
    await broker.declare(topology)
  } catch (error) {
    if (!(error instanceof TopologyMismatch)) throw error
    log.warn({ reaction, reason: error.message }, 'a queue has other properties than wanted; it is used as it is')
    await broker.declare({ ...topology, queues: [] })
  }
}
