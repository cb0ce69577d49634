import { isDatabaseOutage, isTransientConflict, type Transaction } from '#platform/database'
import { append, type Append } from '../event-store/append.ts'
import type { NewEvent, RecordedEvent } from '../define-event.ts'
import { DependencyUnavailable } from '../errors.ts'
import type { Announcement, Worker } from './define-worker.ts'
import { enterHandled, handledBefore, LedgerConflict } from './ledger.ts'
import type { BatchItem, BatchRuntime, Outcome } from './batch.ts'
import { callAll, microsecondsSince, type CallOutcome } from './call-all.ts'

/** Called where a call is wanted; what is left to do is the transaction. */
interface Ready extends BatchItem {
  result: unknown
  callUs: number
}

const CONFLICT_RETRIES = 5

/**
 * Takes a batch of events through one reaction: outside calls, then one transaction with the handlers in order of stream
 * and version, the ledger rows and the announced events. If that transaction fails, each event gets one of its own,
 * so that a bad one costs only itself. Never throws for an event's sake; answers one outcome for each, in order.
 */
export async function processBatch(
  worker: Worker,
  items: readonly BatchItem[],
  runtime: BatchRuntime,
): Promise<Outcome[]> {
  const outcomes = new Map<BatchItem, Outcome>()
  const fresh = await withoutDuplicates(worker, items, runtime, outcomes)
  const ready: Ready[] = []
  const calls = worker.call
    ? await callAll(worker, fresh, runtime)
    : fresh.map((): CallOutcome => ({ ok: true, result: undefined, durationUs: 0 }))
  fresh.forEach((item, index) => {
    const call = calls[index]!
    if (call.ok) ready.push({ ...item, result: call.result, callUs: call.durationUs })
    else outcomes.set(item, failure(call.error))
  })
  const committed = await commitTogether(worker, ready, runtime)
  for (const item of fresh) if (!outcomes.has(item)) outcomes.set(item, committed.get(item.event)!)
  return items.map((item) => outcomes.get(item)!)
}

/** Sets aside an event that stands in the batch twice and, where a call would go out, those handled before. */
async function withoutDuplicates(
  worker: Worker,
  items: readonly BatchItem[],
  { db }: BatchRuntime,
  outcomes: Map<BatchItem, Outcome>,
) {
  const seen = new Set<string>()
  if (worker.call) {
    try {
      for (const id of await handledBefore(
        db,
        worker.name,
        items.map(({ event }) => event.id),
      ))
        seen.add(id)
    } catch (error) {
      for (const item of items) outcomes.set(item, failure(error))
      return []
    }
  }
  return items.filter((item) => {
    const duplicate = seen.has(item.event.id)
    if (duplicate) outcomes.set(item, { kind: 'duplicate' })
    seen.add(item.event.id)
    return !duplicate
  })
}

async function commitTogether(
  worker: Worker,
  ready: readonly Ready[],
  runtime: BatchRuntime,
): Promise<Map<RecordedEvent, Outcome>> {
  if (ready.length === 0) return new Map()
  const ordered = ready.toSorted(byStreamAndVersion)
  try {
    return await retryConflicts(() => commitOnce(worker, ordered, runtime))
  } catch (error) {
    if (ordered.length === 1 || isDatabaseOutage(error)) {
      return new Map(ordered.map(({ event }) => [event, failure(error)]))
    }
    return commitOneByOne(worker, ordered, runtime)
  }
}

async function commitOneByOne(worker: Worker, ordered: readonly Ready[], runtime: BatchRuntime) {
  const outcomes = new Map<RecordedEvent, Outcome>()
  for (const item of ordered) {
    for (const [event, outcome] of await commitTogether(worker, [item], runtime)) outcomes.set(event, outcome)
  }
  return outcomes
}

function commitOnce(worker: Worker, ordered: readonly Ready[], { db, instance }: BatchRuntime) {
  return db.$transaction(async (tx) => {
    const ids = ordered.map(({ event }) => event.id)
    const handled = await handledBefore(tx, worker.name, ids)
    const fresh = ordered.filter(({ event }) => !handled.has(event.id))
    const outcomes = new Map<RecordedEvent, Outcome>(ordered.map(({ event }) => [event, { kind: 'duplicate' }]))
    if (fresh.length === 0) return outcomes
    const runs = await runHandlers(worker, fresh, tx)
    await enterHandled(
      tx,
      worker.name,
      instance,
      fresh.map((item, i) => ({ ...item, durationUs: item.callUs + runs[i]!.us })),
    )
    const appends = runs.map(({ announcement }, index) => toAppends(announcement, fresh[index]!.event))
    const recorded = await append(tx, appends.flat())
    let next = 0
    fresh.forEach(({ event }, index) => {
      const announced = recorded.slice(next, (next += appends[index]!.length))
      outcomes.set(event, { kind: 'handled', announced })
    })
    return outcomes
  })
}

interface Run {
  announcement: Announcement
  us: number
}

async function runHandlers(worker: Worker, fresh: readonly Ready[], tx: Transaction): Promise<Run[]> {
  const now = new Date()
  if (worker.handleBatch) return runBatchHandler(worker, worker.handleBatch, fresh, tx)
  const runs: Run[] = []
  for (const { event, result } of fresh) {
    const started = performance.now()
    const announcement = await worker.handle!(event as never, { tx, result: result as never, now })
    runs.push({ announcement, us: microsecondsSince(started) })
  }
  return runs
}

async function runBatchHandler(
  { name }: Worker,
  handleBatch: NonNullable<Worker['handleBatch']>,
  fresh: readonly Ready[],
  tx: Transaction,
) {
  const started = performance.now()
  const results = fresh.map(({ result }) => result) as never[]
  const announcements = await handleBatch(fresh.map(({ event }) => event) as never, { tx, results, now: new Date() })
  if (announcements.length !== fresh.length) {
    throw new Error(
      `${name}: handleBatch returned ${announcements.length} announcements for ${fresh.length} events; return one for each`,
    )
  }
  const us = Math.round(microsecondsSince(started) / fresh.length)
  return announcements.map((announcement): Run => ({ announcement, us }))
}

function toAppends(announcement: Announcement, cause: RecordedEvent): Append[] {
  const events: readonly NewEvent[] = announcement ? ('type' in announcement ? [announcement] : announcement) : []
  const { correlationId, traceparent } = cause
  return events.map((event) => ({ event, correlationId, causationId: cause.id, traceparent }))
}

function byStreamAndVersion(a: Ready, b: Ready): number {
  if (a.event.stream !== b.event.stream) return a.event.stream < b.event.stream ? -1 : 1
  return a.event.streamVersion - b.event.streamVersion
}

async function retryConflicts<T>(run: () => Promise<T>): Promise<T> {
  for (let retry = 1; ; retry++) {
    try {
      return await run()
    } catch (error) {
      const conflict = error instanceof LedgerConflict || isTransientConflict(error)
      if (!conflict || retry > CONFLICT_RETRIES) throw error
    }
  }
}

function failure(thrown: unknown): Outcome {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const unavailable = error instanceof DependencyUnavailable || isDatabaseOutage(error)
  return { kind: unavailable ? 'unavailable' : 'failed', error }
}
