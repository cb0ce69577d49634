import { z } from 'zod'
import { isDatabaseOutage, readRows, row, type Transaction } from '#platform/database'
import { readData } from '../../cloud-event.ts'
import type { RecordedEvent } from '../../define-event.ts'
import { eventColumns } from '../../event-store/event-columns.ts'
import { openEvents, withheldEvents } from '../../event-store/personal.ts'
import { blockBehind, lockStreams, releaseBlocked } from '../../deliveries/block.ts'
import { standingOf } from '../../deliveries/handled-events.ts'
import { UnreadableEvent } from '../../errors.ts'
import { EventNotInStore, type BatchItem, type BatchRuntime, type Outcome } from './batch.ts'
import type { Reaction } from '../define/define-reaction.ts'
import type { EventTypes } from './message.ts'
import { failure, inTransaction, recordRuns, retryConflicts, runHandlers, type Ready, type Run } from './transaction.ts'

/**
 * Takes a batch through a reaction that wants the events of each stream strictly by version. A delivery only says that a
 * stream has news: under a lock on (reaction, stream) everything of that stream that is not handled yet is read from the
 * event store and handled in its order. So an early event waits for nothing, an old one is skipped, and replicas cannot
 * overtake each other. Where an earlier event is failing, held or dead, later ones of the stream are blocked behind it; the
 * transaction that handles it releases them.
 */
export async function processOrdered(
  reaction: Reaction,
  items: readonly BatchItem[],
  runtime: BatchRuntime,
): Promise<Outcome[]> {
  try {
    return await retryConflicts(() => commitStreams(reaction, items, runtime))
  } catch (error) {
    if (items.length === 1) return [await outcomeOfOne(reaction, items[0]!, error, runtime)]
    if (isDatabaseOutage(error)) return items.map(() => failure(error))
    const outcomes: Outcome[] = []
    for (const item of items) outcomes.push(...(await processOrdered(reaction, [item], runtime)))
    return outcomes
  }
}

/** A handler threw. Keeps which event it was about, because that need not be the delivered one. */
class HandlerFailed extends Error {
  override name = 'HandlerFailed'
  readonly event: RecordedEvent
  constructor(event: RecordedEvent, cause: unknown) {
    super(`handling ${event.type} failed`, { cause })
    this.event = event
  }
}

async function outcomeOfOne(
  reaction: Reaction,
  item: BatchItem,
  error: unknown,
  runtime: BatchRuntime,
): Promise<Outcome> {
  const { event } = item
  if (!(error instanceof HandlerFailed)) return failure(error)
  if (error.event.id === event.id || isDatabaseOutage(error.cause)) return failure(error.cause)
  // An earlier event of the stream failed. Its own delivery brings it to an end; this one waits behind it, if it is there still.
  const { db, instance } = runtime
  const blocked = await db.$transaction(async (tx) => {
    await lockStreams(tx, reaction.name, [event.stream])
    const pending = await readPending(tx, reaction, [item])
    if (!pending.some((earlier) => earlier.event.streamVersion < event.streamVersion)) return false
    await blockBehind(tx, reaction.name, instance, [event])
    return true
  })
  return blocked ? { kind: 'blocked' } : (await processOrdered(reaction, [item], runtime))[0]!
}

/** An event of a stream that the reaction has not handled. */
interface Pending {
  event: RecordedEvent
  /** It is failing, held, dead, or of a newer release: later ones wait. */
  blocks: boolean
  /** PostgreSQL keeps its delivery. */
  kept: boolean
  /** Others of its stream are blocked. */
  followed: boolean
}

function commitStreams(
  reaction: Reaction,
  items: readonly BatchItem[],
  { db, instance }: BatchRuntime,
): Promise<Outcome[]> {
  const delivered = new Map(items.map((item) => [item.event.id, item]))
  const streams = [...new Set(items.map(({ event }) => event.stream))].sort()
  return inTransaction(db, items, async (tx) => {
    await lockStreams(tx, reaction.name, streams)
    const pending = (await readPending(tx, reaction, items)).map((one) => tracedAs(one, delivered))
    const { due, behind } = divide(pending, delivered)
    const runs = await runDue(reaction, due, delivered, tx)
    const waiting = behind.map(({ event }) => event).filter(({ id }) => delivered.has(id))
    await blockBehind(tx, reaction.name, instance, waiting)
    const handled = await recordRuns(tx, reaction, instance, runs)
    const followed = due.filter((one) => one.followed).map(({ event }) => event.stream)
    if (followed.length > 0) await releaseBlocked(tx, reaction.name, [...new Set(followed)])
    const blocked = new Set(waiting.map(({ id }) => id))
    const rest = items.filter(({ event }) => !handled.has(event.id) && !blocked.has(event.id))
    const strangers = await notInStore(tx, reaction, rest)
    return items.map(({ event }): Outcome => {
      if (strangers.has(event.id)) return { kind: 'failed', error: new EventNotInStore(event.id) }
      return handled.get(event.id) ?? { kind: blocked.has(event.id) ? 'blocked' : 'duplicate' }
    })
  })
}

/** What follows from a delivered event belongs to the span of its delivery. */
function tracedAs(one: Pending, delivered: ReadonlyMap<string, BatchItem>): Pending {
  const traceparent = delivered.get(one.event.id)?.event.traceparent ?? one.event.traceparent
  return { ...one, event: { ...one.event, traceparent } }
}

async function notInStore(tx: Transaction, { name }: Reaction, items: readonly BatchItem[]): Promise<Set<string>> {
  if (items.length === 0) return new Set()
  const ids = items.map(({ event }) => event.id)
  const standing = await standingOf(tx, name, ids)
  return new Set(ids.filter((id) => standing.get(id) === 'not-in-store'))
}

/** All at once where the reaction can do that and more than one stream is waiting; else one by one, to know whose fault it was. */
async function runDue(
  reaction: Reaction,
  due: readonly Pending[],
  delivered: ReadonlyMap<string, BatchItem>,
  tx: Transaction,
): Promise<Run[]> {
  const ready = due.map(({ event, kept }): Ready => {
    const attempt = delivered.get(event.id)?.attempt ?? 1
    return { event, attempt, fromStore: kept, result: undefined, callUs: 0 }
  })
  if (delivered.size > 1) return runHandlers(reaction, ready, tx)
  const runs: Run[] = []
  for (const one of ready)
    runs.push(
      ...(await runHandlers(reaction, [one], tx).catch((error: unknown) => {
        throw new HandlerFailed(one.event, error)
      })),
    )
  return runs
}

/** Up to the first one of each stream that blocks, what is due; after it, what waits. A delivered event is never blocked by its own past. */
function divide(pending: readonly Pending[], delivered: ReadonlyMap<string, unknown>) {
  const blockedStreams = new Set<string>()
  const due: Pending[] = []
  const behind: Pending[] = []
  for (const one of pending) {
    const { event, blocks } = one
    if (blocks && !delivered.has(event.id)) blockedStreams.add(event.stream)
    else if (blockedStreams.has(event.stream)) behind.push(one)
    else due.push(one)
  }
  return { due, behind }
}

/**
 * What is not handled yet of these streams up to the delivered versions, in order; what an operator discarded counts as handled.
 * What is older than the subscription belongs to it when somebody has it delivered again.
 * OFFSET 0 keeps each stream and each event a look into its index: a planner without statistics would read whole tables.
 */
const PendingRow = row({ ...eventColumns, kept: z.boolean(), blocks: z.boolean(), followed: z.boolean() })

async function readPending(tx: Transaction, reaction: Reaction, items: readonly BatchItem[]): Promise<Pending[]> {
  const reach = new Map<string, number>()
  for (const { event } of items) reach.set(event.stream, Math.max(event.streamVersion, reach.get(event.stream) ?? 0))
  const types = new Map(reaction.on.map((type) => [type.type, type]))
  const rows = await readRows(tx, PendingRow)`
    SELECT e.id, e.type, e.version, e.stream, e.stream_version AS "streamVersion", e.data, e.correlation_id AS "correlationId",
      e.causation_id AS "causationId", e.traceparent, e.actor, e.occurred_at AS "time", d.state IS NOT NULL AS kept,
      coalesce(d.state IN ('dead', 'held') OR (d.state = 'retrying' AND d.due_at > clock_timestamp()), false) AS blocks,
      EXISTS (SELECT FROM deliveries b WHERE b.reaction = ${reaction.name} AND b.stream = e.stream AND b.state = 'blocked' OFFSET 0) AS followed
    FROM unnest(${[...reach.keys()]}::text[], ${[...reach.values()]}::int[]) AS reach(stream, version)
    CROSS JOIN LATERAL (
      SELECT * FROM events WHERE stream = reach.stream AND stream_version <= reach.version OFFSET 0
    ) AS e
    LEFT JOIN LATERAL (
      SELECT state, due_at FROM deliveries WHERE event_id = e.id AND reaction = ${reaction.name} OFFSET 0
    ) AS d ON true
    WHERE (d.state IN ('retrying', 'blocked') OR EXISTS (
        SELECT FROM subscriptions WHERE reaction = ${reaction.name} AND event_type = e.type AND since < e.position OFFSET 0))
      AND NOT EXISTS (SELECT FROM handled_events h WHERE h.event_id = e.id AND h.reaction = ${reaction.name} OFFSET 0)
      AND d.state IS DISTINCT FROM 'discarded'
    ORDER BY e.stream, e.stream_version`
  const opened = reaction.personalData ? await openEvents(tx, rows) : withheldEvents(rows)
  return rows.map(({ blocks, kept, followed, ...event }, index) => {
    const known = { blocks, kept, followed }
    const one = opened[index]!
    if (one instanceof UnreadableEvent) return { ...known, event, blocks: true }
    return toPending({ ...event, data: one.data, ...(one.personal && { personal: one.personal }) }, known, types)
  })
}

function toPending(event: RecordedEvent, known: Omit<Pending, 'event'>, types: EventTypes): Pending {
  try {
    return { ...known, event: readData(event, types) }
  } catch (error) {
    if (!(error instanceof UnreadableEvent)) throw error
    return { ...known, event, blocks: true }
  }
}
