import { z } from 'zod'
import { readRows, row, type Transaction } from '#platform/database'
import { Prisma } from '#prisma'
import { lockStreams, releaseBlocked } from '../deliveries/block.ts'
import { change, type Change } from './change.ts'
import { Refused, type DeadLetterContext } from './operator-context.ts'
import { asAction, type ActionOutcome, type Mark } from './operator-actions.ts'
import { checkSelector, closable, HANDLED, matching, type Selector } from './selector.ts'

export interface DiscardResult {
  actionId: string
  outcome: ActionOutcome
  discarded: number
  /** Their event was handled already: they are resolved, not discarded. */
  alreadyHandled: number
  /** Later events of an ordered reaction that had waited behind a discarded one and are due now. */
  released: number
}

/**
 * Closes dead letters: their events are not handled by this reaction, whatever copies of them are still on the way.
 * `restore` undoes it.
 * @throws Refused without a reason
 */
export async function discard(
  context: DeadLetterContext,
  reaction: string,
  selector: Selector,
  reason: string,
  { signal }: { signal?: AbortSignal } = {},
): Promise<DiscardResult> {
  checkSelector(selector)
  if (reason.trim() === '') throw new Refused('A discarded event is not handled: say why, for the audit table.')
  const state = closable(selector)
  return asAction(context, { action: 'discard', reaction, selector, reason }, async (mark) => {
    const set = Prisma.sql`state = 'discarded', closed_at = clock_timestamp(), action_id = ${mark.actionId}::uuid`
    const sum = await changeStreams(context, { reaction, selector, state, set, what: 'discarded' }, mark, signal)
    const { outcome, changed, resolved, released } = sum
    return { outcome, discarded: changed, alreadyHandled: resolved, released }
  })
}

export interface RestoreResult {
  actionId: string
  outcome: ActionOutcome
  restored: number
}

/**
 * Undoes a discard: they are dead letters again; one that was discarded before it ever failed is held again. Of an ordered
 * reaction, events after it may have been handled meanwhile.
 * @throws Refused when there is none, because ids name none or its event was handled since
 */
export async function restore(
  context: DeadLetterContext,
  reaction: string,
  selector: Selector,
  reason?: string,
): Promise<RestoreResult> {
  checkSelector(selector)
  const state = Prisma.sql`d.state = 'discarded' AND NOT ${HANDLED}`
  return asAction(context, { action: 'restore', reaction, selector, reason }, async (mark) => {
    const set = Prisma.sql`state = CASE WHEN d.failed_at IS NULL THEN 'held' ELSE 'dead' END, closed_at = NULL,
      action_id = ${mark.actionId}::uuid`
    const { outcome, changed } = await changeStreams(
      context,
      { reaction, selector, state, set, what: 'restored' },
      mark,
    )
    if (changed === 0) throw new Refused(`${reaction} has no discarded one that fits and is not handled.`)
    return { outcome, restored: changed }
  })
}

interface StreamChange extends Omit<Change, 'where'> {
  reaction: string
  selector: Selector
  state: Prisma.Sql
}

type Chosen = z.infer<typeof Chosen>
const Chosen = row({ id: z.string(), stream: z.string().nullable() })

/** Looked up at once. */
const PAGE = 10_000
/** Changed by one transaction. */
const BATCH = 200

/**
 * Batch by batch, under the locks of the streams: an ordered reaction sees the event open or closed, not both, and what
 * waits behind it is tried again.
 */
async function changeStreams({ db }: DeadLetterContext, asked: StreamChange, mark: Mark, signal?: AbortSignal) {
  const { reaction, selector, state } = asked
  const sum = { outcome: 'done' as ActionOutcome, changed: 0, resolved: 0, released: 0 }
  for (;;) {
    const page = await readRows(db, Chosen)`
      SELECT d.id::text, d.stream FROM deliveries d WHERE ${matching(reaction, selector, state)} ORDER BY d.id LIMIT ${PAGE}`
    if (page.length === 0) return sum
    for (let start = 0; start < page.length; start += BATCH) {
      if (signal?.aborted) return { ...sum, outcome: 'interrupted' as const }
      const done = await db.$transaction((tx) => changeBatch(tx, asked, page.slice(start, start + BATCH), mark))
      sum.changed += done.changed
      sum.resolved += done.resolved
      sum.released += done.released
    }
  }
}

async function changeBatch(tx: Transaction, asked: StreamChange, chosen: readonly Chosen[], mark: Mark) {
  const { reaction, state } = asked
  const streams = [...new Set(chosen.flatMap(({ stream }) => stream ?? []))]
  await lockStreams(tx, reaction, streams)
  const ids = chosen.map(({ id }) => id)
  const done = await change(tx, { ...asked, where: Prisma.sql`d.id = ANY(${ids}::uuid[]) AND ${state}` }, mark)
  return { ...done, released: await releaseBlocked(tx, reaction, streams) }
}
