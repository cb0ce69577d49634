import { z } from 'zod'
import { readRow, readRows, row, type Database } from '#platform/database'
import { Prisma } from '#prisma'
import { closeAnswered } from '../deliveries/close.ts'
import { change } from './change.ts'
import type { DeadLetterContext } from './operator-context.ts'
import { asAction, type ActionOutcome } from './operator-actions.ts'
import { checkSelector, matching, type Selector } from './selector.ts'

/** A delivery that PostgreSQL keeps and that is neither handled nor given up. */
export type WaitingDelivery = z.infer<typeof WaitingDelivery>
const WaitingDelivery = row({
  id: z.string(),
  reaction: z.string(),
  eventId: z.string(),
  eventType: z.string(),
  /** The conversation. */
  correlationId: z.string(),
  /** retrying: delivered when due. blocked: behind an earlier event of its stream. held: an operator keeps it back. */
  state: z.enum(['retrying', 'blocked', 'held']),
  reason: z.string(),
  attempts: z.int(),
  /** Milliseconds until it is delivered, below 0 when it is overdue; only of `retrying` that nobody has in hand. */
  dueInMs: z.number().nullable(),
  error: z.string().nullable(),
  /** The process that has it in hand at this moment. */
  inHandsOf: z.string().nullable(),
  /** The first event of its stream that it waits for, as `order.placed (1), dead`; only of `blocked`. */
  behind: z.string().nullable(),
})

const WAITING = Prisma.sql`d.state IN ('retrying', 'blocked', 'held')`
const IN_HAND = Prisma.sql`(d.state = 'retrying' AND d.claimed_by IS NOT NULL AND d.due_at > clock_timestamp())`
const ERROR = Prisma.sql`d.error_name || ': ' || d.error_message`
const DUE_IN = Prisma.sql`CASE WHEN NOT ${IN_HAND} THEN extract(epoch FROM d.due_at - clock_timestamp())::float8 * 1000 END`

const ofReaction = (reaction: string | undefined) =>
  reaction === undefined ? WAITING : Prisma.sql`d.reaction = ${reaction} AND ${WAITING}`

/** What waits, of one reaction or of all, those due first at the top. @param limit default 100 */
export function listWaiting(db: Database, reaction?: string, limit = 100): Promise<WaitingDelivery[]> {
  return readRows(db, WaitingDelivery)`
    SELECT d.id::text, d.reaction, d.event_id::text AS "eventId", d.event_type AS "eventType", d.correlation_id AS "correlationId",
      d.state, d.reason, d.attempts, ${DUE_IN} AS "dueInMs", ${ERROR} AS error,
      CASE WHEN ${IN_HAND} THEN d.claimed_by END AS "inHandsOf", behind.told AS behind
    FROM deliveries d LEFT JOIN LATERAL (
      SELECT format('%s (%s), %s', e.type, e.stream_version, coalesce(b.state, 'on its way')) AS told
      FROM events e JOIN subscriptions s ON s.reaction = d.reaction AND s.event_type = e.type AND e.position > s.since
      LEFT JOIN deliveries b ON b.event_id = e.id AND b.reaction = d.reaction
      WHERE d.state = 'blocked' AND e.stream = d.stream AND e.stream_version < d.stream_version
        AND b.state IS DISTINCT FROM 'discarded'
        AND NOT EXISTS (SELECT FROM handled_events h WHERE h.event_id = e.id AND h.reaction = d.reaction)
      ORDER BY e.stream_version LIMIT 1
    ) AS behind ON true
    WHERE ${ofReaction(reaction)} ORDER BY d.due_at NULLS LAST, d.id LIMIT ${limit}`
}

/** Deliveries that wait for one cause. */
export type WaitingGroup = z.infer<typeof WaitingGroup>
const WaitingGroup = row({
  reaction: z.string(),
  state: z.enum(['retrying', 'blocked', 'held']),
  reason: z.string(),
  /** What `--group` takes; empty when nothing has failed. */
  fingerprint: z.string().nullable(),
  count: z.int(),
  /** Until the first of them is due. */
  dueInMs: z.number().nullable(),
  /** Of one of them. */
  error: z.string().nullable(),
})

/** What waits, by reaction, state and cause, the most first. */
export function groupWaiting(db: Database, reaction?: string): Promise<WaitingGroup[]> {
  return readRows(db, WaitingGroup)`
    SELECT d.reaction, d.state, d.reason, d.fingerprint, count(*)::int AS count, min(${DUE_IN}) AS "dueInMs",
      max(${ERROR}) AS error
    FROM deliveries d WHERE ${ofReaction(reaction)}
    GROUP BY d.reaction, d.state, d.reason, d.fingerprint ORDER BY count(*) DESC, d.reaction, d.state, d.reason`
}

/** What `retryNow` or `hold` would find at this moment. */
export type WaitingPlan = z.infer<typeof WaitingPlan>
const WaitingPlan = row({
  /** Not in hand; `hold` takes them, `retryNow` makes them due. */
  retrying: z.int(),
  /** `hold` takes them too. Due at once they would be blocked again, so `retryNow` leaves them. */
  blocked: z.int(),
  /** `retryNow` releases them. */
  held: z.int(),
  /** A worker has them in hand: left alone. */
  inHand: z.int(),
})

export async function planWaiting(db: Database, reaction: string, selector: Selector): Promise<WaitingPlan> {
  checkSelector(selector)
  return readRow(db, WaitingPlan)`
    SELECT (count(*) FILTER (WHERE d.state = 'retrying' AND NOT ${IN_HAND}))::int AS retrying,
      (count(*) FILTER (WHERE d.state = 'blocked'))::int AS blocked, (count(*) FILTER (WHERE d.state = 'held'))::int AS held,
      (count(*) FILTER (WHERE ${IN_HAND}))::int AS "inHand"
    FROM deliveries d WHERE ${matching(reaction, selector, WAITING)}`
}

export interface WaitingResult {
  actionId: string
  outcome: ActionOutcome
  changed: number
}

/** What is retried later, or held, is due now. Attempts made so far still count. */
export function retryNow(context: DeadLetterContext, reaction: string, selector: Selector, reason?: string) {
  return changeWaiting(context, reaction, selector, {
    action: 'retry',
    what: 'retried',
    reason,
    from: Prisma.sql`d.state = 'held' OR (d.state = 'retrying' AND NOT ${IN_HAND})`,
    set: Prisma.sql`state = 'retrying', due_at = clock_timestamp(), claimed_by = NULL,
      reason = CASE WHEN d.state = 'held' THEN 'released' ELSE d.reason END`,
  })
}

/** What is retrying or blocked is not delivered until `retryNow`. Of an ordered reaction, later events of its stream wait too. */
export function hold(context: DeadLetterContext, reaction: string, selector: Selector, reason?: string) {
  return changeWaiting(context, reaction, selector, {
    action: 'hold',
    what: 'held',
    reason,
    from: Prisma.sql`d.state = 'blocked' OR (d.state = 'retrying' AND NOT ${IN_HAND})`,
    set: Prisma.sql`state = 'held', due_at = NULL, claimed_by = NULL`,
  })
}

interface Asked {
  action: 'retry' | 'hold'
  what: 'retried' | 'held'
  reason: string | undefined
  from: Prisma.Sql
  set: Prisma.Sql
}

/** The row keeps its `action_id`: that says by which redrive a dead letter came to wait here. */
async function changeWaiting(
  context: DeadLetterContext,
  reaction: string,
  selector: Selector,
  { action, what, reason, from, set }: Asked,
): Promise<WaitingResult> {
  checkSelector(selector)
  return asAction(context, { action, reaction, selector, reason }, async (mark) => {
    const { changed } = await change(context.db, { where: matching(reaction, selector, from), set, what }, mark)
    if (action === 'hold') await closeAnswered(context.db, reaction)
    return { outcome: 'done' as const, changed }
  })
}
