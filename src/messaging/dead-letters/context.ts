import type pg from 'pg'
import type { Database } from '#platform/database'
import type { Broker } from '../broker/broker.ts'
import type { Names } from '../broker/topology.ts'

/** What working on dead letters stands on. */
export interface DeadLetterContext {
  db: Database
  pool: pg.Pool
  broker: Broker
  names: Names
  /** Rungs of the delay ladder in milliseconds, ascending. */
  ladder: readonly number[]
  /** Who does it, for the audit table. */
  operator: string
}

/** What was asked for is not done, and nothing was changed: the message says why and what to do. */
export class Refused extends Error {
  override name = 'Refused'
}
