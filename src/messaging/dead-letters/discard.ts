import { Prisma } from '#prisma'
import { lockStreams, releaseBlocked } from '../deliveries/block.ts'
import { change, type Change } from './change.ts'
import { Refused, type DeadLetterContext } from './context.ts'
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
  const where = matching(reaction, selector, closable(selector))
  return asAction(context, { action: 'discard', reaction, selector, reason }, async (mark) => {
    const set = Prisma.sql`state = 'discarded', closed_at = clock_timestamp(), action_id = ${mark.actionId}::uuid`
    const sum = await changeStreams(context, { reaction, where, set, what: 'discarded' }, mark, signal)
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
  const where = Prisma.sql`${matching(reaction, selector, Prisma.sql`d.state = 'discarded'`)} AND NOT ${HANDLED}`
  return asAction(context, { action: 'restore', reaction, selector, reason }, async (mark) => {
    const set = Prisma.sql`state = CASE WHEN d.failed_at IS NULL THEN 'held' ELSE 'dead' END, closed_at = NULL,
      action_id = ${mark.actionId}::uuid`
    const { outcome, changed } = await changeStreams(context, { reaction, where, set, what: 'restored' }, mark)
    if (changed === 0) throw new Refused(`${reaction} has no discarded one that fits and is not handled.`)
    return { outcome, restored: changed }
  })
}

const BATCH = 200

/**
 * Batch by batch, under the locks of the streams: an ordered reaction sees the event open or closed, not both, and what
 * waits behind it is tried again.
 */
async function changeStreams({ db }: DeadLetterContext, asked: Change, mark: Mark, signal?: AbortSignal) {
  const sum = { outcome: 'done' as ActionOutcome, changed: 0, resolved: 0, released: 0 }
  for (let found = -1; found !== 0;) {
    if (signal?.aborted) return { ...sum, outcome: 'interrupted' as const }
    found = await db.$transaction(async (tx) => {
      const chosen = await tx.$queryRaw<{ id: string; stream: string | null }[]>`
        SELECT d.id::text, d.stream FROM deliveries d WHERE ${asked.where} ORDER BY d.id LIMIT ${BATCH}`
      const streams = [...new Set(chosen.flatMap(({ stream }) => stream ?? []))]
      await lockStreams(tx, asked.reaction, streams)
      const ids = chosen.map(({ id }) => id)
      const where = Prisma.sql`${asked.where} AND d.id = ANY(${ids}::uuid[])`
      const { changed, resolved } = await change(tx, { ...asked, where }, mark)
      sum.changed += changed
      sum.resolved += resolved
      sum.released += await releaseBlocked(tx, asked.reaction, streams)
      return chosen.length
    })
  }
  return sum
}
