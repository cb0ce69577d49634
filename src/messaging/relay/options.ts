import type { Database } from '#platform/database'
import type { Logger } from '#platform/logger'
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
  /** Milliseconds between looks at the event store when no wake-up comes. @default 500 */
  pollMs?: number
}
