import { isDatabaseOutage, isTransientConflict, type Database, type Transaction } from '#platform/database'
import { inSpan, sharedBy } from '#platform/tracing'
import type { RecordedEvent } from '../../define-event.ts'
import { DependencyUnavailable, StreamConflict } from '../../errors.ts'
import { append, type Append } from '../../event-store/append.ts'
import type { BatchItem, Outcome } from './batch.ts'
import { microsecondsSince } from './call-all.ts'
import { expectDeclared } from './check-publications.ts'
import type { Publication, Published, Reaction } from '../define/define-reaction.ts'
import { closeHandled } from '../../deliveries/close.ts'
import { NotOpen, recordHandled } from '../../deliveries/handled-events.ts'

/** Called where a call is wanted; what is left to do is the transaction. */
export interface Ready extends BatchItem {
  result: unknown
  callUs: number
}

/** A handler has run in the transaction at hand. */
export interface Run extends BatchItem {
  publication: Publication
  durationUs: number
}

/** Runs a transaction that several events share, and its span. Outside of traces it is only run. */
export function inTransaction<Answer>(
  db: Database,
  items: readonly BatchItem[],
  run: (tx: Transaction) => Promise<Answer>,
): Promise<Answer> {
  const whose = sharedBy(items.map(({ event }) => event.traceparent))
  return inSpan('transaction', whose, () => db.$transaction(run))
}

/** Runs the reaction's handler in the transaction, for all events at once where it can do that. */
export async function runHandlers(reaction: Reaction, ready: readonly Ready[], tx: Transaction): Promise<Run[]> {
  if (ready.length === 0) return []
  const now = new Date()
  if (reaction.handleBatch) return runBatchHandler(reaction, ready, tx, now)
  const runs: Run[] = []
  for (const item of ready) runs.push(await runHandler(reaction, item, tx, now))
  return runs
}

async function runHandler(
  reaction: Reaction,
  { event, attempt, fromStore, result, callUs }: Ready,
  tx: Transaction,
  now: Date,
): Promise<Run> {
  const started = performance.now()
  const publication = await reaction.handle!(event as never, { tx, result: result as never, now })
  return {
    event,
    attempt,
    ...(fromStore && { fromStore }),
    publication,
    durationUs: callUs + microsecondsSince(started),
  }
}

async function runBatchHandler(
  reaction: Reaction,
  ready: readonly Ready[],
  tx: Transaction,
  now: Date,
): Promise<Run[]> {
  const started = performance.now()
  const results = ready.map(({ result }) => result) as never[]
  const publications = await reaction.handleBatch!(ready.map(({ event }) => event) as never, { tx, results, now })
  if (publications.length !== ready.length) {
    throw new Error(
      `${reaction.name}: handleBatch returned ${publications.length} publications for ${ready.length} events; return one for each`,
    )
  }
  const share = Math.round(microsecondsSince(started) / ready.length)
  return ready.map(({ event, attempt, fromStore, callUs }, index) => ({
    event,
    attempt,
    ...(fromStore && { fromStore }),
    publication: publications[index],
    durationUs: callUs + share,
  }))
}

/**
 * The end of the transaction: the handled rows, the end of deliveries that PostgreSQL kept, then the published events.
 * @returns the outcome of each run, by event id
 * @throws NotOpen when one of the events was handled before, is kept by a dead letter, or is not in the event store
 */
export async function recordRuns(
  tx: Transaction,
  reaction: Reaction,
  instance: string,
  runs: readonly Run[],
): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>()
  if (runs.length === 0) return outcomes
  await recordHandled(tx, reaction.name, instance, runs)
  const kept = runs.filter(({ fromStore }) => fromStore).map(({ event }) => event.id)
  await closeHandled(tx, reaction.name, kept)
  const appends = runs.map(({ publication, event }) => toAppends(reaction, publication, event))
  const recorded = await append(tx, appends.flat())
  let next = 0
  runs.forEach(({ event }, index) => {
    const published = recorded.slice(next, (next += appends[index]!.length))
    outcomes.set(event.id, { kind: 'handled', published })
  })
  return outcomes
}

function toAppends(reaction: Reaction, publication: Publication, cause: RecordedEvent): Append[] {
  const published = publication ? (isOne(publication) ? [publication] : publication) : []
  const { correlationId, traceparent, actor } = cause
  const from = { correlationId, causationId: cause.id, traceparent, actor }
  const appends = published.map((one) => ('event' in one ? { ...one, ...from } : { event: one, ...from }))
  for (const { event } of appends) expectDeclared(reaction, event)
  return appends
}

const isOne = (publication: Published | readonly Published[]): publication is Published => !Array.isArray(publication)

export const CONFLICT_RETRIES = 5

/** A deadlock, a serialization failure, a meeting on a handled row or a stream: run again at once, the same usually succeeds. */
export const isConflict = (error: unknown) =>
  error instanceof NotOpen || error instanceof StreamConflict || isTransientConflict(error)

/** Runs a transaction again at once after a conflict. */
export async function retryConflicts<T>(run: () => Promise<T>): Promise<T> {
  for (let retry = 1; ; retry++) {
    try {
      return await run()
    } catch (error) {
      if (!isConflict(error) || retry > CONFLICT_RETRIES) throw error
    }
  }
}

export function failure(thrown: unknown): Outcome {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const unavailable = error instanceof DependencyUnavailable || isDatabaseOutage(error)
  return { kind: unavailable ? 'unavailable' : 'failed', error }
}
