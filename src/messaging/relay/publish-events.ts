import { exchangesFor, topologyOf } from '../broker/topology.ts'
import { crashPoint } from '../crash-points.ts'
import { relayedEvents, unroutedEvents } from '../metrics.ts'
import { knownSubscriptions } from '../deliveries/subscriptions.ts'
import { toEverybody } from './outgoing.ts'
import type { StoredRow } from './read-events.ts'
import type { RelayOptions } from './options.ts'

/** Publishes until no subscribed event comes back unrouted. */
export async function publishEvents(
  rows: readonly StoredRow[],
  topology: Topology,
  { broker, names, db, log }: RelayOptions,
) {
  await topology.ensure(rows)
  crashPoint('relay.before-publish')
  const unroutable = await broker.publish(rows.map((row) => toEverybody(row, names)))
  crashPoint('relay.after-confirm')
  relayedEvents.inc(rows.length)
  if (unroutable.size === 0) return
  const subscribed = new Set([...(await knownSubscriptions(db)).values()].flat())
  const lost = rows.filter(({ id, type }) => unroutable.has(id) && subscribed.has(type))
  if (lost.length === 0) return // nobody is on these types: published to an empty room
  const types = [...new Set(lost.map(({ type }) => type))]
  for (const { type } of lost) unroutedEvents.inc({ type })
  log.error(
    { types, events: lost.length },
    'subscribed events found no queue; declaring the topology and publishing again',
  )
  topology.forget()
  await topology.ensure(lost)
  const still = await broker.publish(lost.map((row) => toEverybody(row, names)))
  if (still.size > 0)
    throw new Error(`${still.size} subscribed events found no queue although the topology was declared`)
}

export interface Topology {
  /** Declares what these events need, and the queues of every known reaction, unless that was done on this connection. */
  ensure(rows: readonly StoredRow[]): Promise<void>
  forget(): void
}

/** The queues of every known reaction exist before anything is published, whether or not their processes run. */
export function keepTopology({ db, broker, names }: RelayOptions): Topology {
  let declared: Set<string> | undefined
  broker.onConnect(() => (declared = undefined))
  const declareKnown = async () => {
    const types = new Set<string>()
    for (const [name, eventTypes] of await knownSubscriptions(db)) {
      await broker.declare(topologyOf(names, { name, eventTypes }))
      for (const type of eventTypes) types.add(type)
    }
    return types
  }
  return {
    forget() {
      declared = undefined
    },
    async ensure(rows) {
      const known = (declared ??= await declareKnown())
      const missing = [...new Set(rows.map(({ type }) => type))].filter((type) => !known.has(type))
      if (missing.length === 0) return
      await broker.declare(exchangesFor(names, missing))
      for (const type of missing) known.add(type)
    },
  }
}
