import type { Database } from '#platform/database'

/** What working on deliveries stands on. The broker has no part in it. */
export interface DeadLetterContext {
  db: Database
  /** Who does it, for the history of each delivery and the audit table. */
  operator: string
}

/** What was asked for is not done, and nothing was changed: the message says why and what to do. */
export class Refused extends Error {
  override name = 'Refused'
}
