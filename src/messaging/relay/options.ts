import type { Database, Transaction } from '#platform/database'
import type { Logger } from '#platform/log/logger'
import type { Broker } from '../broker/broker.ts'
import type { Names } from '../broker/topology.ts'

export interface RelayOptions {
  db: Database
  broker: Broker
  names: Names
  log: Logger
  /** Names this process as the holder of the lease. */
  instance: string
  /** Most events of one read, and so of one wait for confirms. @default 1000 */
  readSize?: number
  /** Milliseconds between looks at the event store when no wake-up comes. @default as `paceLooks` says */
  pollMs?: number
}

/** What the relay needs of other rooms. */
export interface RelayNeighbours {
  /** The event types of each known reaction. */
  subscriptions(): Promise<ReadonlyMap<string, readonly string[]>>
  /** Everything that these reactions have not settled is to be delivered again, without the broker's help. */
  requestRecovery(tx: Transaction, reactions: readonly string[]): Promise<unknown>
  /** Nothing above this position is known to be settled any more: the store was replaced by an older one. */
  lowerWatermarks(tx: Transaction, position: bigint): Promise<unknown>
  /** Looks after a broker that lost messages. Called with each pass; a failure does not keep events from being published. */
  heal(writeCheckpoint: () => Promise<unknown>): Promise<void>
  stop(): Promise<void>
}
