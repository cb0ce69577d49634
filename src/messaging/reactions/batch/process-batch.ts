import { isDatabaseOutage, type Transaction } from '#platform/database'
import { inTime, NoAnswer } from '#platform/process/in-time'
import { crashPoint } from '../../crash-points.ts'
import { EventNotInStore, type BatchItem, type BatchRuntime, type Outcome } from './batch.ts'
import { callAll } from './call-all.ts'
import type { Reaction } from '../define/define-reaction.ts'
import { standingOf, type Standing } from '../../deliveries/handled-events.ts'
import { processOrdered } from './process-ordered.ts'
import {
  CONFLICT_RETRIES,
  failure,
  inTransaction,
  isConflict,
  recordRuns,
  runHandlers,
  type Ready,
} from './transaction.ts'

/**
 * Takes a batch of events through one reaction: outside calls, then one transaction with the handlers in order of stream
 * and version, the handled rows and the published events. If that transaction fails, each event gets one of its own,
 * so that a bad one costs only itself. Never throws for an event's sake; answers one outcome for each, in order.
 *
 * Events are hardly ever delivered twice, so the first transaction does not ask what was handled before: its handled rows refuse
 * what was, the transaction is given up, and the next one asks.
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
    wakeRelay(ordered, runtime)
    once.forEach((item, index) => outcomes.set(item, ordered[index]!))
  } else {
    const write = async (ready: readonly Called[]) => {
      const committed = await commitTogether(reaction, ready, runtime)
      wakeRelay([...committed.values()], runtime)
      for (const { item, event } of ready) outcomes.set(item, committed.get(event.id)!)
    }
    if (reaction.call) for await (const ready of callInTurn(reaction, once, runtime, outcomes)) await write(ready)
    else await write(once.map((item) => ({ ...item, item, result: undefined, callUs: 0 })))
  }
  return items.map((item) => outcomes.get(item)!)
}

/** As soon as published events are committed: the rest of their batch may be called for long. */
function wakeRelay(outcomes: readonly Outcome[], { wakeUp }: BatchRuntime) {
  if (outcomes.some((outcome) => outcome.kind === 'handled' && outcome.published.length > 0)) wakeUp.wake()
}

/** An event may stand in a batch twice: what becomes of the first holds for both. */
function withoutRepeats(items: readonly BatchItem[], outcomes: Map<BatchItem, Outcome>): BatchItem[] {
  const seen = new Set<string>()
  return items.filter((item) => {
    const repeated = seen.has(item.event.id)
    if (repeated) outcomes.set(item, { kind: 'repeat' })
    seen.add(item.event.id)
    return !repeated
  })
}

interface Called extends Ready {
  item: BatchItem
}

/** Those that may be handled. What cannot go on has its outcome. */
async function openAmong(
  reaction: Reaction,
  items: readonly BatchItem[],
  { db }: BatchRuntime,
  outcomes: Map<BatchItem, Outcome>,
): Promise<BatchItem[]> {
  const ids = items.map(({ event }) => event.id)
  const standing = await standingOf(db, reaction.name, ids).catch((error: unknown) => failure(error))
  return items.filter((item) => {
    const ended = standing instanceof Map ? outcomeOf(item.event.id, standing) : standing
    if (ended) outcomes.set(item, ended)
    return !ended
  })
}

/** Milliseconds after which what has an answer is written down, whatever is still being called. */
const ANSWERED_MS = 250

/** Makes the outside calls of events that may be handled. Gives them all at once, unless a call keeps others waiting. */
async function* callInTurn(
  reaction: Reaction,
  items: readonly BatchItem[],
  runtime: BatchRuntime,
  outcomes: Map<BatchItem, Outcome>,
): AsyncGenerator<Called[]> {
  const answered: Called[] = []
  const open = await openAmong(reaction, items, runtime, outcomes)
  const calling = callAll(reaction, open, runtime, (item, answer) => {
    if (answer.ok) return void answered.push({ ...item, item, result: answer.result, callUs: answer.durationUs })
    const failed = failure(answer.error)
    outcomes.set(item, failed.kind === 'failed' ? { ...failed, during: 'call' } : failed)
  })
  const over = calling.then(() => true)
  for (let isOver = false; !isOver;) {
    isOver = await inTime(over, ANSWERED_MS).catch(unlessLate)
    if (isOver) crashPoint('reaction.after-call')
    yield answered.splice(0)
  }
}

function unlessLate(error: unknown): false {
  if (error instanceof NoAnswer) return false
  throw error
}

/** What becomes of an event that is not to be handled; nothing when it is. */
function outcomeOf(eventId: string, standing: ReadonlyMap<string, Standing>): Outcome | undefined {
  const is = standing.get(eventId)
  if (is === 'handled' || is === 'kept') return { kind: 'duplicate' }
  return is === 'not-in-store' ? { kind: 'failed', error: new EventNotInStore(eventId) } : undefined
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
      const ended = await endedAmong(waiting, reaction, runtime)
      for (const [id, outcome] of ended) outcomes.set(id, outcome)
      if (ended.size === 0 && !(isConflict(error) && tries <= CONFLICT_RETRIES)) {
        for (const [id, outcome] of await divideFailure(reaction, waiting, error, runtime)) outcomes.set(id, outcome)
        break
      }
      waiting = waiting.filter(({ event }) => !ended.has(event.id))
    }
  }
  return outcomes
}

/** Nothing when the database cannot tell: then it is its absence that has failed the transaction. */
async function endedAmong(
  ready: readonly Ready[],
  { name }: Reaction,
  { db }: BatchRuntime,
): Promise<Map<string, Outcome>> {
  const ids = ready.map(({ event }) => event.id)
  const standing = await standingOf(db, name, ids).catch(() => new Map<string, Standing>())
  const ended = ids.map((id) => [id, outcomeOf(id, standing)] as const)
  return new Map(ended.filter((one): one is [string, Outcome] => one[1] !== undefined))
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

/** @throws NotOpen when one of them is not to be handled */
function commit(
  reaction: Reaction,
  ready: readonly Ready[],
  { db, instance }: BatchRuntime,
): Promise<Map<string, Outcome>> {
  const run = async (tx: Transaction) => recordRuns(tx, reaction, instance, await runHandlers(reaction, ready, tx))
  return inTransaction(db, ready, run)
}

function byStreamAndVersion(a: Ready, b: Ready): number {
  if (a.event.stream !== b.event.stream) return a.event.stream < b.event.stream ? -1 : 1
  return a.event.streamVersion - b.event.streamVersion
}
