import { isDatabaseOutage, type Transaction } from '#platform/database'
import { readData } from '../cloud-event.ts'
import type { RecordedEvent } from '../define-event.ts'
import type { BatchItem, BatchRuntime, Outcome } from './batch.ts'
import type { Worker } from './define-worker.ts'
import { failure, recordRuns, retryConflicts, runHandlers, type Ready, type Run } from './transaction.ts'

/**
 * Takes a batch through a reaction that wants the events of each stream strictly by version. A delivery only says that a
 * stream has news: under a lock on (reaction, stream) everything of that stream that is not handled yet is read from the
 * event store and handled in its order. So an early event waits for nothing, an old one is skipped, and replicas cannot
 * overtake each other. Where an earlier event is failing or is a dead letter, later ones of the stream park behind it;
 * when it is handled at last, they are delivered again (`releaseParked`).
 */
export async function processOrdered(
  worker: Worker,
  items: readonly BatchItem[],
  runtime: BatchRuntime,
): Promise<Outcome[]> {
  try {
    return await retryConflicts(() => commitStreams(worker, items, runtime))
  } catch (error) {
    if (items.length === 1) return [await outcomeOfOne(worker, items[0]!, error, runtime)]
    if (isDatabaseOutage(error)) return items.map(() => failure(error))
    const outcomes: Outcome[] = []
    for (const item of items) outcomes.push(...(await processOrdered(worker, [item], runtime)))
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
  worker: Worker,
  { event }: BatchItem,
  error: unknown,
  { db }: BatchRuntime,
): Promise<Outcome> {
  if (!(error instanceof HandlerFailed)) return failure(error)
  if (error.event.id === event.id || isDatabaseOutage(error.cause)) return failure(error.cause)
  // An earlier event of the stream failed. Its own delivery brings it to an end; this one waits behind it.
  await db.$transaction((tx) => park(tx, worker, [event]))
  return { kind: 'parked' }
}

interface Pending {
  event: RecordedEvent
  blocked: boolean
}

function commitStreams(
  worker: Worker,
  items: readonly BatchItem[],
  { db, instance }: BatchRuntime,
): Promise<Outcome[]> {
  const delivered = new Map(items.map((item) => [item.event.id, item]))
  const streams = [...new Set(items.map(({ event }) => event.stream))].sort()
  return db.$transaction(async (tx) => {
    await lockStreams(tx, worker, streams)
    const pending = await readPending(tx, worker, items)
    const { due, behind } = divide(pending, delivered)
    const runs = await runDue(worker, due, delivered, tx)
    await park(
      tx,
      worker,
      behind.filter(({ id }) => delivered.has(id)),
    )
    await tx.parkedDelivery.deleteMany({ where: { worker: worker.name, eventId: { in: due.map(({ id }) => id) } } })
    const handled = await recordRuns(tx, worker, instance, runs)
    const parked = new Set(behind.map(({ id }) => id))
    return items.map(
      ({ event }): Outcome => handled.get(event.id) ?? { kind: parked.has(event.id) ? 'parked' : 'duplicate' },
    )
  })
}

/** All at once where the reaction can do that and more than one stream is waiting; else one by one, to know whose fault it was. */
async function runDue(
  worker: Worker,
  due: readonly RecordedEvent[],
  delivered: ReadonlyMap<string, BatchItem>,
  tx: Transaction,
): Promise<Run[]> {
  const ready = due.map((event): Ready => {
    return { event, attempt: delivered.get(event.id)?.attempt ?? 1, result: undefined, callUs: 0 }
  })
  if (delivered.size > 1) return runHandlers(worker, ready, tx)
  const runs: Run[] = []
  for (const one of ready)
    runs.push(
      ...(await runHandlers(worker, [one], tx).catch((error: unknown) => {
        throw new HandlerFailed(one.event, error)
      })),
    )
  return runs
}

/** One at a time and in the given order, which is the same for all replicas: they can only wait for each other. */
async function lockStreams(tx: Transaction, worker: Worker, streams: readonly string[]) {
  const keys = streams.map((stream) => `${worker.name}:${stream}`)
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
async function readPending(tx: Transaction, worker: Worker, items: readonly BatchItem[]): Promise<Pending[]> {
  const reach = new Map<string, number>()
  for (const { event } of items) reach.set(event.stream, Math.max(event.streamVersion, reach.get(event.stream) ?? 0))
  const types = new Map(worker.on.map((type) => [type.type, type]))
  const rows = await tx.$queryRaw<(RecordedEvent & { blocked: boolean })[]>`
    SELECT e.id, e.type, e.version, e.stream, e.stream_version AS "streamVersion", e.data, e.correlation_id AS "correlationId",
      e.causation_id AS "causationId", e.traceparent, e.occurred_at AS "time",
      EXISTS (SELECT FROM dead_letters l WHERE l.event_id = e.id AND l.worker = s.worker AND l.status = 'open')
        OR EXISTS (SELECT FROM delivery_failures f WHERE f.event_id = e.id AND f.worker = s.worker) AS blocked
    FROM unnest(${[...reach.keys()]}::text[], ${[...reach.values()]}::int[]) AS reach(stream, version)
    CROSS JOIN LATERAL (
      SELECT * FROM events WHERE stream = reach.stream AND stream_version <= reach.version OFFSET 0
    ) AS e
    CROSS JOIN LATERAL (
      SELECT worker FROM subscriptions WHERE worker = ${worker.name} AND event_type = e.type AND since < e.position OFFSET 0
    ) AS s
    WHERE NOT EXISTS (SELECT FROM deliveries d WHERE d.event_id = e.id AND d.worker = s.worker OFFSET 0)
      AND NOT EXISTS (SELECT FROM dead_letters l WHERE l.event_id = e.id AND l.worker = s.worker AND l.status IN ('discarded', 'edited') OFFSET 0)
    ORDER BY e.stream, e.stream_version`
  return rows.map(({ blocked, ...event }) => ({ blocked, event: readData(event, types) }))
}

async function park(tx: Transaction, worker: Worker, events: readonly RecordedEvent[]) {
  const data = events.map(({ id, stream, streamVersion }) => ({
    worker: worker.name,
    eventId: id,
    stream,
    streamVersion,
  }))
  await tx.parkedDelivery.createMany({ data, skipDuplicates: true })
}
