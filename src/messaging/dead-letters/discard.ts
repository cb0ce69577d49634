import type pg from 'pg'
import { Prisma } from '#prisma'
import { releaseBlocked } from '../reactions/blocked.ts'
import { query } from './claim.ts'
import { Refused, type DeadLetterContext } from './context.ts'
import { beginAction, finishAction, type ActionOutcome } from './operator-actions.ts'
import { asOnlyOperator } from './operator-lock.ts'
import { checkSelector, matching, type Selector } from './selector.ts'

export interface DiscardResult {
  actionId: string
  outcome: ActionOutcome
  discarded: number
  /** Their event was handled already: they are resolved, not discarded. */
  alreadyHandled: number
  /** Later events of an ordered reaction that had waited behind a discarded one and are on their way again. */
  released: number
}

const BATCH = 1_000

/**
 * Closes open dead letters for good: their events will not be handled by this reaction. The ledger says so too (attempt 0),
 * so that a copy of the message that is still somewhere on the broker runs nothing.
 * @throws Refused without a reason, or when another operator works on this reaction
 */
export async function discard(
  context: DeadLetterContext,
  reaction: string,
  selector: Selector,
  reason: string,
  { signal }: { signal?: AbortSignal } = {},
): Promise<DiscardResult> {
  checkSelector(selector)
  if (reason.trim() === '') throw new Refused('A discarded event is never handled: say why, for the audit table.')
  return asOnlyOperator(context, reaction, async (connection) => {
    const action = { operator: context.operator, action: 'discard' as const, reaction, selector, reason }
    const actionId = await beginAction(context.db, action)
    const counts = { discarded: 0, alreadyHandled: 0, released: 0 }
    const instance = `operator ${context.operator}`
    let outcome: ActionOutcome = 'done'
    try {
      for (;;) {
        if (signal?.aborted) outcome = 'interrupted'
        const closed = signal?.aborted ? [] : await discardBatch(connection, reaction, selector, actionId, instance)
        if (closed.length === 0) break
        counts.discarded += closed.filter(({ status }) => status === 'discarded').length
        counts.alreadyHandled += closed.filter(({ status }) => status === 'resolved').length
        counts.released += await releaseBlocked(context, reaction, streamsOf(closed))
      }
    } catch (error) {
      await finishAction(context.db, actionId, action, 'failed', { ...counts, why: (error as Error).message })
      throw error
    }
    await finishAction(context.db, actionId, action, outcome, counts)
    return { actionId, outcome, ...counts }
  })
}

interface Closed {
  status: 'discarded' | 'resolved'
  stream: string | null
}

/** One statement: an event whose ledger row is there already was handled, whoever is quicker. */
function discardBatch(
  connection: pg.PoolClient,
  reaction: string,
  selector: Selector,
  actionId: string,
  instance: string,
): Promise<Closed[]> {
  return query<Closed>(
    connection,
    Prisma.sql`
      WITH chosen AS (
        SELECT d.id, d.event_id FROM dead_letters d WHERE ${matching(reaction, selector)}
        ORDER BY d.id LIMIT ${BATCH} FOR UPDATE
      ), entered AS (
        INSERT INTO handled_events (event_id, reaction, handled_at, duration_us, attempt, instance)
        SELECT event_id, ${reaction}, clock_timestamp(), 0, 0, ${instance} FROM chosen WHERE event_id IS NOT NULL ORDER BY event_id
        ON CONFLICT DO NOTHING RETURNING event_id
      )
      UPDATE dead_letters d
      SET status = CASE WHEN d.event_id IS NULL OR entered.event_id IS NOT NULL THEN 'discarded' ELSE 'resolved' END,
        closed_at = clock_timestamp(), action_id = ${actionId}::uuid
      FROM chosen LEFT JOIN entered ON entered.event_id = chosen.event_id
      WHERE d.id = chosen.id
      RETURNING d.status, d.stream`,
  )
}

const streamsOf = (closed: readonly Closed[]) => [...new Set(closed.flatMap(({ stream }) => stream ?? []))]
