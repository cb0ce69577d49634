import type { Database } from '#platform/database'
import type { RecordedEvent } from '../define-event.ts'

export interface BatchItem {
  event: RecordedEvent
  /** From 1. */
  attempt: number
}

/** What became of one event of a batch. */
export type Outcome =
  | { kind: 'handled'; published: readonly RecordedEvent[] }
  /** Its ledger row was there already: nothing ran. */
  | { kind: 'duplicate' }
  /** An ordered reaction has noted that it waits behind an earlier event of its stream. */
  | { kind: 'blocked' }
  | { kind: 'failed'; error: Error; during?: 'call' }
  /** Something everybody needs is away: PostgreSQL, or a service the reaction calls. Hold the message, try again later. */
  | { kind: 'unavailable'; error: Error }

export interface BatchRuntime {
  db: Database
  /** Names this process in the ledger. */
  instance: string
  /** Aborted when the process stops. */
  signal: AbortSignal
}
