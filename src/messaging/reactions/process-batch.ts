import { isDatabaseOutage } from '#platform/database'
import { crashPoint } from '../crash-points.ts'
import type { BatchItem, BatchRuntime, Outcome } from './batch.ts'
import { callAll } from './call-all.ts'
import type { Reaction } from './define-reaction.ts'
import { handledBefore } from './handled-events.ts'
import { processOrdered } from './process-ordered.ts'
import { CONFLICT_RETRIES, failure, isConflict, recordRuns, runHandlers, type Ready } from './transaction.ts'

/**
 * Takes a batch of events through one reaction: outside calls, then one transaction with the handlers in order of stream
 * and version, the ledger rows and the published events. If that transaction fails, each event gets one of its own,
 * so that a bad one costs only itself. Never throws for an event's sake; answers one outcome for each, in order.
 *
 * Events are hardly ever delivered twice, so the first transaction does not ask the ledger what was handled before: its
 * rows refuse what was, the transaction is given up, and the next one asks.
 */
export async function processBatch(
  reaction: Reaction,
  items: readonly BatchItem[],
  runtime: BatchRuntime,
): Promise<Outcome[]> {
  const outcomes = new Map<BatchItem, Outcome>()
  const once = withoutRepeats(items, outcomes)
  if (reaction.ordered) {
    const ordered = await processOrdered(reaction, once, runtime)
    once.forEach((item, index) => outcomes.set(item, ordered[index]!))
  } else {
    const ready = reaction.call
      ? await call(reaction, once, runtime, outcomes)
      : once.map((item) => ({ ...item, item, result: undefined, callUs: 0 }))
    const committed = await commitTogether(reaction, ready, runtime)
    for (const { item, event } of ready) outcomes.set(item, committed.get(event.id)!)
  }
  return items.map((item) => outcomes.get(item)!)
}

/** An event may stand in a batch twice; the second one has nothing to do. */
function withoutRepeats(items: readonly BatchItem[], outcomes: Map<BatchItem, Outcome>): BatchItem[] {
  const seen = new Set<string>()
  return items.filter((item) => {
    const repeated = seen.has(item.event.id)
    if (repeated) outcomes.set(item, { kind: 'duplicate' })
    seen.add(item.event.id)
    return !repeated
  })
}

interface Called extends Ready {
  item: BatchItem
}

/** Makes the outside calls of events that were not handled before. What cannot go on has its outcome. */
async function call(
  reaction: Reaction,
  items: readonly BatchItem[],
  runtime: BatchRuntime,
  outcomes: Map<BatchItem, Outcome>,
): Promise<Called[]> {
  const handled = await handledBefore(
    runtime.db,
    reaction.name,
    items.map(({ event }) => event.id),
  ).catch((error: unknown) => failure(error))
  if (!(handled instanceof Set)) {
    for (const item of items) outcomes.set(item, handled)
    return []
  }
  const fresh = items.filter(({ event }) => !handled.has(event.id))
  for (const item of items) if (handled.has(item.event.id)) outcomes.set(item, { kind: 'duplicate' })
  const calls = await callAll(reaction, fresh, runtime)
  crashPoint('worker.after-call')
  return fresh.flatMap((item, index): Called[] => {
    const answer = calls[index]!
    if (answer.ok) return [{ ...item, item, result: answer.result, callUs: answer.durationUs }]
    const failed = failure(answer.error)
    outcomes.set(item, failed.kind === 'failed' ? { ...failed, during: 'call' } : failed)
    return []
  })
}

async function commitTogether(
  reaction: Reaction,
  ready: readonly Ready[],
  runtime: BatchRuntime,
): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>()
  let waiting = ready.toSorted(byStreamAndVersion)
  for (let tries = 1; waiting.length > 0; tries++) {
    try {
      for (const [id, outcome] of await commit(reaction, waiting, runtime)) outcomes.set(id, outcome)
      break
    } catch (error) {
      const handled = await handledAmong(waiting, reaction, runtime)
      for (const id of handled) outcomes.set(id, { kind: 'duplicate' })
      if (handled.size === 0 && !(isConflict(error) && tries <= CONFLICT_RETRIES)) {
        for (const [id, outcome] of await divideFailure(reaction, waiting, error, runtime)) outcomes.set(id, outcome)
        break
      }
      waiting = waiting.filter(({ event }) => !handled.has(event.id))
    }
  }
  return outcomes
}

/** Nothing when the database cannot tell: then it is its absence that has failed the transaction. */
function handledAmong(ready: readonly Ready[], reaction: Reaction, { db }: BatchRuntime): Promise<Set<string>> {
  const ids = ready.map(({ event }) => event.id)
  return handledBefore(db, reaction.name, ids).catch(() => new Set())
}

/** Whose fault it was: everybody's, or that of one, which shows when each has a transaction of its own. */
async function divideFailure(reaction: Reaction, ready: readonly Ready[], error: unknown, runtime: BatchRuntime) {
  if (ready.length === 1 || isDatabaseOutage(error))
    return new Map(ready.map(({ event }) => [event.id, failure(error)]))
  const outcomes = new Map<string, Outcome>()
  for (const item of ready)
    for (const [id, outcome] of await commitTogether(reaction, [item], runtime)) outcomes.set(id, outcome)
  return outcomes
}

/** @throws HandledMeanwhile when one of them was handled before */
function commit(
  reaction: Reaction,
  ready: readonly Ready[],
  { db, instance }: BatchRuntime,
): Promise<Map<string, Outcome>> {
  return db.$transaction(async (tx) => recordRuns(tx, reaction, instance, await runHandlers(reaction, ready, tx)))
}

function byStreamAndVersion(a: Ready, b: Ready): number {
  if (a.event.stream !== b.event.stream) return a.event.stream < b.event.stream ? -1 : 1
  return a.event.streamVersion - b.event.streamVersion
}
