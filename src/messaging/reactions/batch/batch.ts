import type { Database } from '#platform/database'
import type { RecordedEvent } from '../../define-event.ts'
import type { WakeUp } from '../../event-store/wake-up.ts'

export interface BatchItem {
  event: RecordedEvent
  /** From 1. */
  attempt: number
  /** It is delivered from PostgreSQL: its delivery row ends with it. @default false */
  fromStore?: boolean
}

/** What became of one event of a batch. */
export type Outcome =
  | { kind: 'handled'; published: readonly RecordedEvent[] }
  /** It was handled before, or an operator or a dead letter keeps it: nothing ran. */
  | { kind: 'duplicate' }
  /** It stands in this batch twice; the other one tells what became of it. */
  | { kind: 'repeat' }
  /** An ordered reaction has noted that it waits behind an earlier event of its stream. */
  | { kind: 'blocked' }
  | { kind: 'failed'; error: Error; during?: 'call' }
  /** Something everybody needs is away: PostgreSQL, or a service the reaction calls. Hold the message, try again later. */
  | { kind: 'unavailable'; error: Error }

export interface BatchRuntime {
  db: Database
  /** Names this process in what it records. */
  instance: string
  /** Aborted when the process stops. */
  signal: AbortSignal
  /** Told when published events are committed. */
  wakeUp: WakeUp
}

/** The event store does not have this event: it never happened, or its commit was lost. */
export class EventNotInStore extends Error {
  override name = 'EventNotInStore'
  constructor(eventId: string) {
    super(
      `The event store has no event '${eventId}': it was published by a stranger, or its commit was lost when PostgreSQL failed over. It has no effects.`,
    )
  }
}
