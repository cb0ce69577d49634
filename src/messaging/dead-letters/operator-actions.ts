import type { Database, Transaction } from '#platform/database'
import { uuidv7 } from '#platform/uuid'

export type ActionKind = 'redrive' | 'edit' | 'discard'
/** `running` or, when its process is gone, interrupted without a word: see `isAlive`. */
export type ActionOutcome = 'done' | 'halted' | 'interrupted' | 'failed'

export interface NewAction {
  operator: string
  action: ActionKind
  reaction: string
  /** Which dead letters were meant. */
  selector: object
  reason?: string | undefined
}

/** Notes that an operator begins something. @returns the action's id */
export async function beginAction(db: Database | Transaction, action: NewAction): Promise<string> {
  const actionId = uuidv7()
  await db.operatorAction.create({ data: { ...toRow(action), actionId, phase: 'begun' } })
  return actionId
}

/** Notes how it ended. The table takes no changes, so this is a row of its own. */
export async function finishAction(
  db: Database | Transaction,
  actionId: string,
  action: NewAction,
  outcome: ActionOutcome,
  result: object,
): Promise<void> {
  await db.operatorAction.create({ data: { ...toRow(action), actionId, phase: 'finished', outcome, result } })
}

const toRow = ({ operator, action, reaction, selector, reason }: NewAction) => ({
  operator,
  action,
  reaction,
  selector,
  reason: reason ?? null,
})

export interface PastAction extends Required<Omit<NewAction, 'reason'>> {
  actionId: string
  begunAt: Date
  finishedAt: Date | null
  reason: string | null
  /** Empty while it runs, and for ever when its process was killed. */
  outcome: ActionOutcome | null
  result: Record<string, unknown> | null
}

/** What operators did, the latest first. @param limit default 50 */
export async function readHistory(
  db: Database,
  { reaction, limit = 50 }: { reaction?: string; limit?: number } = {},
): Promise<PastAction[]> {
  return db.$queryRaw<PastAction[]>`
    SELECT b.action_id::text AS "actionId", b.at AS "begunAt", f.at AS "finishedAt", b.operator, b.action, b.reaction,
      b.selector, b.reason, f.outcome, f.result
    FROM operator_actions b
    LEFT JOIN operator_actions f ON f.action_id = b.action_id AND f.phase = 'finished'
    WHERE b.phase = 'begun' AND (${reaction ?? null}::text IS NULL OR b.reaction = ${reaction ?? null})
    ORDER BY b.id DESC LIMIT ${limit}`
}

/** The latest action on a reaction that has not finished. */
export async function unfinishedAction(db: Database, reaction: string): Promise<PastAction | undefined> {
  const latest = await readHistory(db, { reaction, limit: 20 })
  return latest.find(({ finishedAt }) => finishedAt === null)
}
