import { isDatabaseOutage } from '#platform/database'
import { crashPoint } from '../crash-points.ts'
import type { BatchItem, BatchRuntime, Outcome } from './batch.ts'
import { callAll } from './call-all.ts'
import type { Worker } from './define-worker.ts'
import { handledBefore } from './ledger.ts'
import { processOrdered } from './process-ordered.ts'
import {
  failure,
  recordRuns,
  retryConflicts,
  runBatchHandler,
  runHandler,
  type Ready,
  type Run,
} from './transaction.ts'

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
  const once = withoutRepeats(items, outcomes)
  if (worker.ordered) {
    const ordered = await processOrdered(worker, once, runtime)
    once.forEach((item, index) => outcomes.set(item, ordered[index]!))
  } else {
    const ready = worker.call
      ? await call(worker, once, runtime, outcomes)
      : once.map((item) => ({ ...item, item, result: undefined, callUs: 0 }))
    const committed = await commitTogether(worker, ready, runtime)
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
  worker: Worker,
  items: readonly BatchItem[],
  runtime: BatchRuntime,
  outcomes: Map<BatchItem, Outcome>,
): Promise<Called[]> {
  const handled = await handledBefore(
    runtime.db,
    worker.name,
    items.map(({ event }) => event.id),
  ).catch((error: unknown) => failure(error))
  if (!(handled instanceof Set)) {
    for (const item of items) outcomes.set(item, handled)
    return []
  }
  const fresh = items.filter(({ event }) => !handled.has(event.id))
  for (const item of items) if (handled.has(item.event.id)) outcomes.set(item, { kind: 'duplicate' })
  const calls = await callAll(worker, fresh, runtime)
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
  worker: Worker,
  ready: readonly Ready[],
  runtime: BatchRuntime,
): Promise<Map<string, Outcome>> {
  if (ready.length === 0) return new Map()
  const ordered = ready.toSorted(byStreamAndVersion)
  try {
    return await retryConflicts(() => commitOnce(worker, ordered, runtime))
  } catch (error) {
    if (ordered.length === 1 || isDatabaseOutage(error))
      return new Map(ordered.map(({ event }) => [event.id, failure(error)]))
    return commitOneByOne(worker, ordered, runtime)
  }
}

async function commitOneByOne(worker: Worker, ordered: readonly Ready[], runtime: BatchRuntime) {
  const outcomes = new Map<string, Outcome>()
  for (const item of ordered) {
    for (const [id, outcome] of await commitTogether(worker, [item], runtime)) outcomes.set(id, outcome)
  }
  return outcomes
}

function commitOnce(
  worker: Worker,
  ordered: readonly Ready[],
  { db, instance }: BatchRuntime,
): Promise<Map<string, Outcome>> {
  return db.$transaction(async (tx) => {
    const handled = await handledBefore(
      tx,
      worker.name,
      ordered.map(({ event }) => event.id),
    )
    const fresh = ordered.filter(({ event }) => !handled.has(event.id))
    const now = new Date()
    const runs: Run[] = []
    if (worker.handleBatch && fresh.length > 0) runs.push(...(await runBatchHandler(worker, fresh, tx, now)))
    else for (const item of fresh) runs.push(await runHandler(worker, item, tx, now))
    const outcomes = await recordRuns(tx, worker, instance, runs)
    for (const id of handled) outcomes.set(id, { kind: 'duplicate' })
    return outcomes
  })
}

function byStreamAndVersion(a: Ready, b: Ready): number {
  if (a.event.stream !== b.event.stream) return a.event.stream < b.event.stream ? -1 : 1
  return a.event.streamVersion - b.event.streamVersion
}
