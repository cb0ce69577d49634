import { z } from 'zod'
import { readRows, row, type Database, type Transaction } from '#platform/database'
import { uuidv7 } from '#platform/uuid'
import type { DeadLetterContext } from './operator-context.ts'

/** Who may call the API, and as what. */
export type ChangeOfAccess = (typeof changesOfAccess)[number]
const changesOfAccess = ['create-client', 'issue-key', 'rotate-key', 'revoke-key', 'sign-in'] as const
export type ActionKind = (typeof KINDS)[number]
const KINDS = [
  'redrive',
  'edit',
  'undo-edit',
  'discard',
  'restore',
  'retry',
  'hold',
  'pause',
  'resume',
  'enable-webhook',
  'disable-webhook',
  'redeliver-webhooks',
  'delete-orders',
  'audit',
  'replay',
  'run-schedule',
  ...changesOfAccess,
] as const
export type ActionOutcome = (typeof OUTCOMES)[number]
const OUTCOMES = ['done', 'halted', 'interrupted', 'failed'] as const

export interface NewAction {
  action: ActionKind
  /** Empty where none is meant. */
  reaction: string
  /** Which deliveries, or what else, was meant. */
  selector: object
  reason?: string | undefined
}

/** How an action signs what it changes. */
export interface Mark {
  actionId: string
  /** The operator, as the history of a delivery names them. */
  by: string
}

/**
 * Does something in an operator's name, between two rows of the audit table: that it began, and how it ended. The table takes
 * no changes, so that an action whose process was killed has no second row.
 */
export async function asAction<Result extends { outcome: ActionOutcome }>(
  { db, operator }: DeadLetterContext,
  action: NewAction,
  work: (mark: Mark) => Promise<Result>,
): Promise<Result & { actionId: string }> {
  const actionId = uuidv7()
  const row = { ...action, reason: action.reason ?? null, operator, actionId }
  await db.operatorAction.create({ data: { ...row, phase: 'begun' } })
  const finish = ({ outcome, ...result }: { outcome: ActionOutcome }) =>
    db.operatorAction.create({ data: { ...row, phase: 'finished', outcome, result } })
  const result = await work({ actionId, by: `operator ${operator}` }).catch(async (error: Error) => {
    const failed = { outcome: 'failed' as const, why: error.message }
    await finish(failed).catch(() => {}) // the error at hand says more
    throw error
  })
  await finish(result)
  return { ...result, actionId }
}

export interface DoneAction {
  operator: string
  action: ChangeOfAccess
  /** What it was done to. */
  selector: object
  reason?: string | undefined
  result: object
}

/** Writes what was done in the transaction that does it: there is the one where there is the other. */
export async function recordAction(tx: Transaction, { reason, result, ...action }: DoneAction): Promise<void> {
  const row = { ...action, reaction: '', reason: reason ?? null, actionId: uuidv7() }
  await tx.operatorAction.createMany({
    data: [
      { ...row, phase: 'begun' },
      { ...row, phase: 'finished', outcome: 'done', result },
    ],
  })
}

export type PastAction = z.infer<typeof PastAction>
const PastAction = row({
  actionId: z.string(),
  begunAt: z.date(),
  finishedAt: z.date().nullable(),
  operator: z.string(),
  action: z.enum(KINDS),
  /** Empty for a change of access. */
  reaction: z.string(),
  /** Which deliveries were meant, or which client and key. */
  selector: z.looseObject({}),
  reason: z.string().nullable(),
  /** Empty while it runs, and for ever when its process was killed. */
  outcome: z.enum(OUTCOMES).nullable(),
  result: z.record(z.string(), z.unknown()).nullable(),
})

/** What operators did, the latest first. @param limit default 50 */
export async function readHistory(
  db: Database,
  {
    reaction,
    actionId,
    action,
    limit = 50,
  }: Partial<Pick<PastAction, 'reaction' | 'actionId' | 'action'>> & { limit?: number } = {},
): Promise<PastAction[]> {
  return readRows(db, PastAction)`
    SELECT b.action_id::text AS "actionId", b.at AS "begunAt", f.at AS "finishedAt", b.operator, b.action, b.reaction,
      b.selector, b.reason, f.outcome, f.result
    FROM operator_actions b
    LEFT JOIN operator_actions f ON f.action_id = b.action_id AND f.phase = 'finished'
    WHERE b.phase = 'begun' AND (${reaction ?? null}::text IS NULL OR b.reaction = ${reaction ?? null})
      AND (${actionId ?? null}::uuid IS NULL OR b.action_id = ${actionId ?? null}::uuid)
      AND (${action ?? null}::text IS NULL OR b.action = ${action ?? null})
    ORDER BY b.id DESC LIMIT ${limit}`
}
