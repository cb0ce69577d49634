import type { Database } from '#platform/database'
import type { Broker } from '../broker/broker.ts'
import { topologyOf, type Names } from '../broker/topology.ts'
import { releaseStranded } from '../deliveries/block.ts'
import { closeAnswered } from '../deliveries/close.ts'
import { deliverAgain } from '../deliveries/deliver-again.ts'
import { knownSubscriptions } from '../deliveries/subscriptions.ts'
import { relayCheckpoint } from '../event-store/checkpoint.ts'
import { redeliveredEvents } from '../metrics.ts'
import { holdReaction, type Hold } from './hold.ts'
import { findLost, type Evidence } from './find-lost.ts'

export interface ReconcileOptions {
  db: Database
  broker: Broker
  names: Names
  /** Names this process while it holds a reaction. */
  instance: string
  /** Only this reaction. @default all that are subscribed */
  reaction?: string
  /** Milliseconds an event is given before it can count as lost. @default 60000 */
  graceMs?: number
  /** Every unsettled event is delivered again at once, whatever is on the queue. @default false */
  everything?: boolean
  /** Looks and delivers nothing. @default false */
  dryRun?: boolean
  signal?: AbortSignal
}

export interface Reconciled {
  reaction: string
  /** Everything up to here is settled. */
  watermark: bigint
  /** Events that were looked at and are neither handled nor kept by PostgreSQL. */
  unsettled: number
  /** Messages on its queue when reconciliation began; undefined when there was no queue, or it could not be asked. */
  waiting: number | undefined
  /** Events taken for lost. */
  lost: number
  /** Of those, delivered again. */
  delivered: number
  /** Another process is at it: nothing was looked at. */
  busy: boolean
}

/** Positions looked at by one statement. */
const WINDOW = 50_000n
/** Events that one statement has delivered again. */
const PAGE = 1_000

/**
 * Finds events that a reaction is subscribed to, that were published, and that neither it nor PostgreSQL's deliveries know of
 * since: lost between the relay's confirm and the reaction. PostgreSQL delivers them from then on, so that nothing can be
 * lost a second time. A message that may still be waiting is left alone; a duplicate is harmless.
 */
export async function reconcile(options: ReconcileOptions): Promise<Reconciled[]> {
  const reports: Reconciled[] = []
  for (const [name, eventTypes] of await knownSubscriptions(options.db)) {
    if (options.reaction !== undefined && name !== options.reaction) continue
    if (options.signal?.aborted) break
    reports.push(await reconcileReaction(name, eventTypes, options))
  }
  return reports
}

async function reconcileReaction(
  reaction: string,
  eventTypes: readonly string[],
  options: ReconcileOptions,
): Promise<Reconciled> {
  const { db, instance, graceMs = 60_000, everything = false, dryRun = false } = options
  const hold = await holdReaction(db, reaction, instance)
  if (!hold) return { reaction, watermark: 0n, unsettled: 0, waiting: undefined, lost: 0, delivered: 0, busy: true }
  try {
    const queue = everything
      ? { waiting: undefined, isMissing: false }
      : await lookAtQueue(reaction, eventTypes, options)
    const isEmpty = queue.waiting === 0
    const evidence: Evidence = { graceMs, queueIsEmpty: isEmpty, everything: everything || queue.isMissing }
    const run = await runOver(reaction, hold, evidence, options)
    if (run.lost > 0 && !everything && !dryRun) await bindQueue(reaction, eventTypes, options)
    if (!dryRun) await Promise.all([releaseStranded(db, reaction), closeAnswered(db, reaction)])
    return { reaction, waiting: queue.waiting, busy: false, ...run }
  } finally {
    await hold.release()
  }
}

/** A queue that is missing is made again, so that what is published from now on is not lost as well. */
async function lookAtQueue(
  reaction: string,
  eventTypes: readonly string[],
  { broker, names, dryRun }: ReconcileOptions,
) {
  const waiting = await broker.depth(names.queue(reaction))
  const isMissing = waiting === undefined
  if (isMissing && !dryRun) await broker.declare(topologyOf(names, { name: reaction, eventTypes }))
  return { waiting, isMissing }
}

/** Perhaps they were lost for want of a binding; then everything after them would be lost as well. */
async function bindQueue(reaction: string, eventTypes: readonly string[], { broker, names }: ReconcileOptions) {
  await broker.declare({ ...topologyOf(names, { name: reaction, eventTypes }), queues: [] })
}

/** Window by window from the watermark to the checkpoint: raises the watermark, has delivered what is lost. */
async function runOver(reaction: string, hold: Hold, evidence: Evidence, options: ReconcileOptions) {
  const { db, dryRun = false, signal } = options
  const checkpoint = await relayCheckpoint(db)
  const tally = { watermark: hold.watermark, unsettled: 0, lost: 0, delivered: 0 }
  for (let from = hold.watermark; from < checkpoint && !signal?.aborted; from += WINDOW) {
    const to = from + WINDOW < checkpoint ? from + WINDOW : checkpoint
    const { firstUnsettled, oldUpTo, unsettled, lost } = await findLost(db, reaction, { from, to }, evidence)
    const isComplete = tally.unsettled === 0
    tally.unsettled += unsettled
    tally.lost += lost.length
    if (!dryRun) tally.delivered += await deliverPages(reaction, lost, hold, options)
    if (isComplete) await raise(hold, tally, { to, firstUnsettled, oldUpTo })
    else await hold.confirm()
    const isBacklog = unsettled > 0 && lost.length === 0 && !evidence.queueIsEmpty
    if (isBacklog) break
  }
  return tally
}

/**
 * Up to before the first event that is not settled, and never over an event younger than the grace period: whoever reads a little
 * behind must not find an event below the watermark that was not looked at.
 */
async function raise(
  hold: Hold,
  tally: { watermark: bigint },
  { to, firstUnsettled, oldUpTo }: { to: bigint; firstUnsettled: bigint | null; oldUpTo: bigint | null },
) {
  const settledTo = firstUnsettled === null ? to : firstUnsettled - 1n
  const oldTo = oldUpTo ?? tally.watermark
  const next = settledTo < oldTo ? settledTo : oldTo
  if (next > tally.watermark) await hold.moveTo((tally.watermark = next))
  else await hold.confirm()
}

async function deliverPages(
  reaction: string,
  lost: readonly bigint[],
  hold: Hold,
  { db, instance, signal }: ReconcileOptions,
): Promise<number> {
  let delivered = 0
  for (let start = 0; start < lost.length && !signal?.aborted; start += PAGE) {
    await hold.confirm()
    const positions = lost.slice(start, start + PAGE)
    delivered += await deliverAgain(db, reaction, { positions }, { reason: 'lost', instance })
  }
  redeliveredEvents.inc({ reaction }, delivered)
  return delivered
}
