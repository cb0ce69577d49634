import { topologyOf } from '../broker/topology.ts'
import { resendLost } from '../dead-letters/resend.ts'
import { redeliveredEvents } from '../metrics.ts'
import { knownSubscriptions } from '../reactions/subscribe.ts'
import { deliverAgain, type Redelivering } from './deliver-again.ts'
import { holdReaction, relayCheckpoint, type Hold } from './state.ts'
import { surveyRange, surveyStranded, type Evidence } from './survey.ts'

export interface ReconcileOptions extends Redelivering {
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
}

export interface Reconciled {
  reaction: string
  /** Everything up to here is settled. */
  watermark: bigint
  /** Events that were looked at and are not settled; in a backlog, those at its head. */
  unsettled: number
  /** Messages on its queue when reconciliation began; undefined when there was no queue. */
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
/** Most events delivered again to one reaction in a run, unless everything is. */
const LIMIT = 10_000

/**
 * Finds events that a reaction is subscribed to, that were published, and of which nothing is known since: lost between
 * the relay's confirm and the ledger. Delivers them again, straight to that reaction's queue. A message that
 * may still be waiting is left alone, so a slow reaction is not flooded; a duplicate is harmless, the ledger knows it.
 */
export async function reconcile(options: ReconcileOptions): Promise<Reconciled[]> {
  const { db, broker, names, ladder, reaction } = options
  const reports: Reconciled[] = []
  const waits = await Promise.all(ladder.map((rungMs) => broker.depth(names.delay(rungMs))))
  const ladderMs = Math.max(0, ...ladder.filter((_, index) => (waits[index] ?? 0) > 0))
  for (const [name, eventTypes] of await knownSubscriptions(db)) {
    if (reaction !== undefined && name !== reaction) continue
    if (options.signal?.aborted) break
    reports.push(await reconcileReaction(name, eventTypes, ladderMs, options))
  }
  return reports
}

async function reconcileReaction(
  reaction: string,
  eventTypes: readonly string[],
  ladderMs: number,
  options: ReconcileOptions,
): Promise<Reconciled> {
  const { db, broker, names, ladder, instance, graceMs = 60_000, everything = false, dryRun = false } = options
  const hold = await holdReaction(db, reaction, instance)
  if (!hold) return { reaction, watermark: 0n, unsettled: 0, waiting: undefined, lost: 0, delivered: 0, busy: true }
  try {
    const waiting = await broker.depth(names.queue(reaction))
    const missing = waiting === undefined
    if (missing && !dryRun) await broker.declare(topologyOf(names, { name: reaction, eventTypes }, ladder))
    const evidence: Evidence = {
      graceMs,
      ladderMs,
      queueIsEmpty: waiting === 0,
      everything: everything || missing,
      redeliveredTo: hold.redeliveredTo,
      redeliveredAt: hold.redeliveredAt,
    }
    const run = await runOver(reaction, hold, evidence, options)
    return { reaction, waiting, busy: false, ...run }
  } finally {
    await hold.release()
  }
}

/** Window by window from the watermark to the checkpoint: raises the watermark, delivers what is lost. */
async function runOver(reaction: string, hold: Hold, evidence: Evidence, options: ReconcileOptions) {
  const { db, dryRun = false, signal } = options
  const checkpoint = await relayCheckpoint(db)
  const tally = { watermark: hold.watermark, unsettled: 0, lost: 0, delivered: 0 }
  const deliver = async (lost: readonly bigint[]) => {
    tally.lost += lost.length
    if (dryRun || lost.length === 0) return
    const chosen = evidence.everything ? lost : lost.slice(0, LIMIT - tally.delivered)
    const remember = !evidence.everything
    const delivered = await deliverAgain(options, reaction, chosen, { remember, beforePage: hold.renew })
    redeliveredEvents.inc({ reaction }, delivered)
    tally.delivered += delivered
  }
  // Before anything is put on the queue: a run cut short must not make the rest look passed by.
  if (evidence.everything && !dryRun) await hold.noteRedelivered(checkpoint)
  for (let from = hold.watermark; from < checkpoint && !signal?.aborted; from += WINDOW) {
    const to = from + WINDOW < checkpoint ? from + WINDOW : checkpoint
    const { firstUnsettled, unsettled, lost } = await surveyRange(db, reaction, from, to, evidence)
    if (tally.unsettled === 0) await hold.moveTo((tally.watermark = firstUnsettled === null ? to : firstUnsettled - 1n))
    else await hold.renew()
    tally.unsettled += unsettled
    await deliver(lost)
    const backlog = unsettled > 0 && lost.length === 0 && !evidence.queueIsEmpty
    if (backlog || (!evidence.everything && tally.delivered >= LIMIT)) break
  }
  await deliver((await surveyStranded(db, reaction, tally.watermark, evidence)).lost)
  const { everything, queueIsEmpty, graceMs, ladderMs } = evidence
  if (!dryRun && (everything || queueIsEmpty)) {
    const resent = await resendLost(options, reaction, everything ? 0 : graceMs + ladderMs)
    tally.lost += resent
    tally.delivered += resent
  }
  return tally
}
