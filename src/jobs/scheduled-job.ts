/**
 * Work that time calls for. Redis only says when: what there is to do is read from PostgreSQL, so a run that was missed,
 * or comes twice at once, changes nothing that the next run would not have done.
 */
export interface ScheduledJob {
  /** Stable, `<context>.<verb-noun>`: it names the schedule in Redis. */
  name: string
  /** The events that it may publish, for the catalogue of who causes what. */
  publishes?: readonly { readonly type: string }[]
  /** Milliseconds from one run to the next. */
  everyMs: number
  /**
   * Answers what it did, for the log; nothing when there was nothing to do. What is due it asks the database, whose clock is
   * the same for all. A throw is logged, counted and tried again soon.
   */
  run: () => Promise<Record<string, unknown> | undefined>
}
