import { isDatabaseOutage, type Transaction } from '#platform/database'
import { readData } from '../cloud-event.ts'
import type { RecordedEvent } from '../define-event.ts'
import type { BatchItem, BatchRuntime, Outcome } from './batch.ts'
import type { Reaction } from './define-reaction.ts'
import { failure, recordRuns, retryConflicts, runHandlers, type Ready, type Run } from './transaction.ts'

/**
 * Takes a batch through a reaction that wants the events of each stream strictly by version. A delivery only says that a
 * stream has news: under a lock on (reaction, stream) everything of that stream that is not handled yet is read from the
 * event store and handled in its order. So an early event waits for nothing, an old one is skipped, and replicas cannot
 * overtake each other. Where an earlier event is failing or is a dead letter, later ones of the stream block behind it;
 * when it is handled at last, they are delivered again (`releaseBlocked`).
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
  { event }: BatchItem,
  error: unknown,
  { db }: BatchRuntime,
): Promise<Outcome> {
  if (!(error instanceof HandlerFailed)) return failure(error)
  if (error.event.id === event.id || isDatabaseOutage(error.cause)) return failure(error.cause)
  // An earlier event of the stream failed. Its own delivery brings it to an end; this one waits behind it.
  await db.$transaction((tx) => block(tx, reaction, [event]))
  return { kind: 'blocked' }
}

interface Pending {
  event: RecordedEvent
  blocked: boolean
}

function commitStreams(
  reaction: Reaction,
  items: readonly BatchItem[],
  { db, instance }: BatchRuntime,
): Promise<Outcome[]> {
  const delivered = new Map(items.map((item) => [item.event.id, item]))
  const streams = [...new Set(items.map(({ event }) => event.stream))].sort()
  return db.$transaction(async (tx) => {
    await lockStreams(tx, reaction, streams)
    const pending = await readPending(tx, reaction, items)
    const { due, behind } = divide(pending, delivered)
    const runs = await runDue(reaction, due, delivered, tx)
    await block(
      tx,
      reaction,
      behind.filter(({ id }) => delivered.has(id)),
    )
    await tx.blockedDelivery.deleteMany({
      where: { reaction: reaction.name, eventId: { in: due.map(({ id }) => id) } },
    })
    const handled = await recordRuns(tx, reaction, instance, runs)
    const blocked = new Set(behind.map(({ id }) => id))
    return items.map(
      ({ event }): Outcome => handled.get(event.id) ?? { kind: blocked.has(event.id) ? 'blocked' : 'duplicate' },
    )
  })
}

/** All at once where the reaction can do that and more than one stream is waiting; else one by one, to know whose fault it was. */
async function runDue(
  reaction: Reaction,
  due: readonly RecordedEvent[],
  delivered: ReadonlyMap<string, BatchItem>,
  tx: Transaction,
): Promise<Run[]> {
  const ready = due.map((event): Ready => {
    return { event, attempt: delivered.get(event.id)?.attempt ?? 1, result: undefined, callUs: 0 }
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

/** One at a time and in the given order, which is the same for all replicas: they can only wait for each other. */
async function lockStreams(tx: Transaction, reaction: Reaction, streams: readonly string[]) {
  const keys = streams.map((stream) => `${reaction.name}:${stream}`)
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest(${keys}::text[]) AS wanted(key)`
}

/** Up to the first blocked event of each stream, what is due; after it, what waits. A delivered event is never blocked by its own past. */
function divide(pending: readonly Pending[], delivered: ReadonlyMap<string, unknown>) {
  const blockedStreams = new Set<string>()
  const due: RecordedEvent[] = []
  const behind: RecordedEvent[] = []
  for (const { event, blocked } of pending) {
    if (blocked && !delivered.has(event.id)) blockedStreams.add(event.stream)
    else if (blockedStreams.has(event.stream)) behind.push(event)
    else due.push(event)
  }
  return { due, behind }
}

/**
 * What is not handled yet of these streams up to the delivered versions, in order; closed dead letters count as handled.
 * OFFSET 0 keeps each stream and each event a look into its index: a planner without statistics would read whole tables.
 */
async function readPending(tx: Transaction, reaction: Reaction, items: readonly BatchItem[]): Promise<Pending[]> {
  const reach = new Map<string, number>()
  for (const { event } of items) reach.set(event.stream, Math.max(event.streamVersion, reach.get(event.stream) ?? 0))
  const types = new Map(reaction.on.map((type) => [type.type, type]))
  const rows = await tx.$queryRaw<(RecordedEvent & { blocked: boolean })[]>`
    SELECT e.id, e.type, e.version, e.stream, e.stream_version AS "streamVersion", e.data, e.correlation_id AS "correlationId",
      e.causation_id AS "causationId", e.traceparent, e.occurred_at AS "time",
      EXISTS (SELECT FROM dead_letters l WHERE l.event_id = e.id AND l.reaction = s.reaction AND l.status = 'open')
        OR EXISTS (SELECT FROM delivery_failures f WHERE f.event_id = e.id AND f.reaction = s.reaction) AS blocked
    FROM unnest(${[...reach.keys()]}::text[], ${[...reach.values()]}::int[]) AS reach(stream, version)
    CROSS JOIN LATERAL (
      SELECT * FROM events WHERE stream = reach.stream AND stream_version <= reach.version OFFSET 0
    ) AS e
    CROSS JOIN LATERAL (
      SELECT reaction FROM subscriptions WHERE reaction = ${reaction.name} AND event_type = e.type AND since < e.position OFFSET 0
    ) AS s
    WHERE NOT EXISTS (SELECT FROM handled_events d WHERE d.event_id = e.id AND d.reaction = s.reaction OFFSET 0)
      AND NOT EXISTS (SELECT FROM dead_letters l WHERE l.event_id = e.id AND l.reaction = s.reaction AND l.status IN ('discarded', 'edited') OFFSET 0)
    ORDER BY e.stream, e.stream_version`
  return rows.map(({ blocked, ...event }) => ({ blocked, event: readData(event, types) }))
}

async function block(tx: Transaction, reaction: Reaction, events: readonly RecordedEvent[]) {
  const data = events.map(({ id, stream, streamVersion }) => ({
    reaction: reaction.name,
    eventId: id,
    stream,
    streamVersion,
  }))
  await tx.blockedDelivery.createMany({ data, skipDuplicates: true })
}
