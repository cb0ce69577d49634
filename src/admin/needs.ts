import type { Logger } from '#platform/log/logger'
import type { Database } from '#platform/database'
import type { ProjectionReader, Reaction } from '#messaging'
import type { Flow, InvariantFinding } from './contract/index.ts'

/** What the operations for operators stand on. */
export interface AdminNeeds {
  /** Plans each statement by the sizes of tables, and is not that of the orders: an operator's question must not slow them. */
  db: Database
  projections: ProjectionReader
  /** Whether this release has a reaction of that name. */
  isKnown: (reaction: string) => boolean
  /** Who publishes and who reacts, by this release. */
  flow: () => Promise<Flow>
  /** The definition of a reaction of this release. */
  reactionCalled: (name: string) => Promise<Reaction | undefined>
  /** Holds the database against every invariant, which takes as long as it takes. */
  audit: () => Promise<InvariantFinding[]>
  /** Ask a service, in its own protocol, whether it answers: who it is. */
  services: { rabbitmq: () => Promise<string>; redis: () => Promise<string> }
  log: Logger
  /** Aborted when the process stops: what runs on its own ends, and live data too. */
  ending: AbortSignal
}
