import { NoAnswer } from '#platform/process/in-time'
import { exchangesFor } from '../broker/topology.ts'
import { declareReaction } from './declare-reaction.ts'
import type { RelayNeighbours, RelayOptions } from './options.ts'
import type { StoredRow } from '../event-store/reading/stored-rows.ts'
import type { SickQueues } from './sick-queues.ts'

export interface Topology {
  /** Declares what these events need, and the queues of every known reaction, unless that was done on this connection. */
  ensure(rows: readonly StoredRow[]): Promise<void>
  forget(): void
  stop(): void
}

/** The queues of every known reaction exist before anything is published, whether or not their processes run. */
export function keepTopology(options: RelayOptions & RelayNeighbours, sick: SickQueues): Topology {
  const { broker, names, subscriptions } = options
  let declared: Set<string> | undefined
  const stop = broker.onConnect(() => (declared = undefined))

  const declareKnown = async (rows: readonly StoredRow[]) => {
    const known = await subscriptions()
    const types = new Set([...known.values()].flat())
    await broker.declare(exchangesFor(names, [...types]))
    const declare = async ([reaction, eventTypes]: [string, readonly string[]]) => {
      if (sick.reactions.has(reaction)) return // whoever tries it again declares it then
      try {
        await declareReaction(options, { reaction, eventTypes })
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error
        const sample = rows.find(({ type }) => eventTypes.includes(type))
        await sick.exclude({ reaction, eventTypes }, error, sample)
      }
    }
    await Promise.all([...known].map(declare))
    return types
  }

  return {
    stop,
    forget() {
      declared = undefined
    },
    async ensure(rows) {
      const known = (declared ??= await declareKnown(rows))
      const missing = [...new Set(rows.map(({ type }) => type))].filter((type) => !known.has(type))
      if (missing.length === 0) return
      await broker.declare(exchangesFor(names, missing))
      for (const type of missing) known.add(type)
    },
  }
}
