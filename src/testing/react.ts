import { append, type NewEvent, type RecordedEvent, type Reaction } from '#messaging'
import { processBatch } from '../messaging/reactions/batch/process-batch.ts'
import type { Outcome } from '../messaging/reactions/batch/batch.ts'
import type { TestDatabase } from './rows/database.ts'

export interface Reacted {
  /** The events the reaction published, in order, as they stand in the event store. */
  published: readonly RecordedEvent[]
  /** One outcome for each event given, in order. */
  outcomes: readonly Outcome[]
}

/** Appends facts to the event store, as the conversation of their own stream's id. */
export async function record({ db }: TestDatabase, ...events: NewEvent[]): Promise<RecordedEvent[]> {
  return db.$transaction((tx) =>
    append(
      tx,
      events.map((event) => ({ event, correlationId: conversationOf(event) })),
    ),
  )
}

/**
 * Takes events through a reaction as one batch: the product's own loop, handled events and event store included, on a real
 * database and without a broker. New events are recorded first; recorded ones are delivered as they are, so giving one
 * again is a second delivery of the same event.
 * @throws ReactionFailed when the reaction fails on one of them, or something it needs is away
 */
export async function react(
  database: TestDatabase,
  reaction: Reaction,
  ...events: (NewEvent | RecordedEvent)[]
): Promise<Reacted> {
  const tried = await attempt(database, reaction, ...events)
  tried.outcomes.forEach((outcome, index) => {
    if ('error' in outcome) throw new ReactionFailed(reaction, events[index]!, outcome)
  })
  return tried
}

/** Like `react`, for tests of failures: they are among the outcomes, and nothing is thrown. */
export async function attempt(
  database: TestDatabase,
  reaction: Reaction,
  ...events: (NewEvent | RecordedEvent)[]
): Promise<Reacted> {
  const recorded: RecordedEvent[] = []
  for (const event of events) recorded.push('id' in event ? event : (await record(database, event))[0]!)
  const runtime = { db: database.db, instance: 'test', signal: new AbortController().signal, wakeUp: { wake() {} } }
  const outcomes = await processBatch(
    reaction,
    recorded.map((event) => ({ event, attempt: 1 })),
    runtime,
  )
  const published = outcomes.flatMap((outcome) => (outcome.kind === 'handled' ? outcome.published : []))
  return { published, outcomes }
}

/** A test expected an event to be handled, and it was not. */
class ReactionFailed extends Error {
  override name = 'ReactionFailed'
  constructor({ name }: Reaction, { type, stream }: NewEvent, { kind, error }: Extract<Outcome, { error: Error }>) {
    const what = kind === 'unavailable' ? 'found something away' : 'failed'
    super(`${name} ${what} on ${type} of ${stream}: ${error.name}: ${error.message}`, { cause: error })
  }
}

/** `order-<id>` belongs to the conversation `<id>`. */
function conversationOf({ stream }: NewEvent): string {
  return stream.slice(stream.indexOf('-') + 1)
}
