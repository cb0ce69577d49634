import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import { Prisma } from '#prisma'
import { NOT_PAUSED } from '../../deliveries/pauses.ts'
import { change } from '../change.ts'
import { Refused, type DeadLetterContext } from '../operator-context.ts'
import { createGuard, type Guard, type GuardOptions } from './guard.ts'
import { asAction, type ActionOutcome, type Mark } from '../operator-actions.ts'
import { IS_OPEN } from '../recovered/outages.ts'
import { NOTHING_KNOWN, readOutcomes, type Outcomes } from './outcomes.ts'
import { planFor } from '../selection-preview.ts'
import { DEAD, DELIVERABLE, EVERY_REACTION, matching, type Selector } from '../selector.ts'

export interface RedriveOptions extends GuardOptions {
  /** Deliveries per second at most. @default no limit */
  rate?: number
  /** Milliseconds to wait at the end for what becomes of them. @default 10000 */
  waitMs?: number
  /** Why, for the audit table. */
  reason?: string
  /** By the policy: what it has redriven before is left out, so that each letter is redriven by it once in its life. @default false */
  byPolicy?: boolean
  onProgress?: (progress: Progress) => void
  /** Called when the audit table has it, before anything is sent. */
  onBegun?: (actionId: string) => void
  /** Aborted by the operator: no more are sent. */
  signal?: AbortSignal
}

export interface Progress extends Outcomes {
  total: number
  sent: number
  alreadyHandled: number
  /** Left dead: the event store does not have their events, or their type is retired. Only `discard` closes them. */
  skipped: number
}

export interface RedriveResult extends Progress {
  actionId: string
  outcome: ActionOutcome
  /** One sentence; empty when all was sent. */
  why: string
}

const BATCH = 200

/**
 * Has dead letters delivered again, in the order of their streams: from dead to due, at their first attempt. Worker processes
 * take them from PostgreSQL, so the broker has no part in it. Each batch is one statement: it may be stopped or killed
 * anywhere and called again, and any number of operators may do it at once. An event that is handled already is resolved
 * without being delivered.
 * @throws Refused when nothing is selected, or no worker would take them
 */
export async function redrive(
  context: DeadLetterContext,
  reaction: string,
  selector: Selector,
  options: RedriveOptions = {},
): Promise<RedriveResult> {
  const { total } = await planFor(context.db, reaction, selector)
  await expectSubscription(context.db, reaction)
  const action = { action: 'redrive' as const, reaction, selector, reason: options.reason }
  return asAction(context, action, async (mark) => {
    options.onBegun?.(mark.actionId)
    const state: Progress = { total, sent: 0, alreadyHandled: 0, skipped: 0, ...NOTHING_KNOWN }
    const { byPolicy = false } = options
    const scope = { ...mark, db: context.db, reaction, selector, byPolicy }
    const ending = await send(scope, state, options).catch((error: Error): Ending => ({
      outcome: 'failed',
      why: `${error.message} What was not sent is still dead.`,
    }))
    return { ...state, ...ending }
  })
}

async function expectSubscription(db: Database, reaction: string) {
  if (reaction === EVERY_REACTION) return
  if ((await db.subscription.count({ where: { reaction } })) === 0)
    throw new Refused(`${reaction} is subscribed to nothing, so no worker takes its events: start one with it first.`)
}

interface Scope extends Mark {
  db: Database
  reaction: string
  selector: Selector
  byPolicy: boolean
}

type Ending = Pick<RedriveResult, 'outcome' | 'why'>

async function send(scope: Scope, state: Progress, options: RedriveOptions): Promise<Ending> {
  const { rate, waitMs = 10_000, onProgress, signal } = options
  const observe = async () => {
    Object.assign(state, await readOutcomes(scope.db, scope.actionId, state.alreadyHandled))
    onProgress?.({ ...state })
    return state
  }
  const guard = createGuard(options, observe, signal)
  const started = performance.now()
  const left = () => state.total - state.sent - state.alreadyHandled - state.skipped
  let last: Candidate | undefined
  while (left() > 0) {
    const halted = await guard.mayGoOn(state)
    if (signal?.aborted) return { outcome: 'interrupted', why: 'Stopped by the operator.' } // also while it waited
    if (halted) return (await waitingMeanwhile(scope, guard, state)) ?? { outcome: 'halted', why: halted }
    const candidates = await nextCandidates(scope, last, Math.min(batchSize(rate), guard.room(state), left()))
    if (candidates.length === 0) break // somebody else has taken the rest
    last = candidates.at(-1)
    await sendBatch(scope, candidates, state)
    onProgress?.({ ...state })
    if (rate) await pause(started + (state.sent / rate) * 1_000 - performance.now(), signal)
  }
  return finalVerdict(guard, observe, state, waitMs, signal)
}

const Waiting = row({ reaction: z.string(), isPaused: z.boolean(), cause: z.string().nullable(), messages: z.int() })

/** A worker has put it off, and workers take it when it is due. */
const PUT_OFF = Prisma.sql`(d.reason IN ('retry-later', 'unknown-type', 'newer-version')
  AND d.due_at > clock_timestamp() - interval '10 seconds')`

/** No news is not a failure where an operator has paused the reaction, something it needs is away, or it has put the messages off. */
async function waitingMeanwhile({ db, actionId }: Scope, guard: Guard, state: Progress): Promise<Ending | undefined> {
  if (guard.judge(state)) return undefined
  const [waiting] = await readRows(db, Waiting)`
    SELECT d.reaction, NOT ${NOT_PAUSED} AS "isPaused", coalesce(away.cause, min(d.error_message)) AS cause, count(*)::int AS messages
    FROM deliveries d
    LEFT JOIN LATERAL (SELECT min(b.cause) AS cause FROM breakers b WHERE b.reaction = d.reaction AND ${IS_OPEN}) AS away ON true
    WHERE d.action_id = ${actionId}::uuid AND d.state IN ('retrying', 'blocked')
      AND (NOT ${NOT_PAUSED} OR away.cause IS NOT NULL OR ${PUT_OFF})
    GROUP BY 1, 2, away.cause ORDER BY "isPaused" DESC, messages DESC LIMIT 1`
  if (!waiting) return undefined
  const { reaction, isPaused, cause, messages } = waiting
  const they = messages === 1 ? '1 message waits' : `${messages} messages wait`
  const what = isPaused
    ? ` until an operator resumes ${reaction}.`
    : `, and ${reaction} looks again by itself (${cause}).`
  return { outcome: 'interrupted', why: they + what }
}

/** Small enough that a slow rate stays even. */
const batchSize = (rate = Number.POSITIVE_INFINITY) => Math.max(1, Math.min(BATCH, Math.ceil(rate / 10)))

/** A place in the order of a redrive: stream by stream, each by version. */
type Candidate = z.infer<typeof Candidate>
const Candidate = row({ id: z.string(), stream: z.string(), streamVersion: z.int(), deliverable: z.boolean() })

const SEQUENCE = Prisma.sql`coalesce(d.stream, ''), coalesce(d.stream_version, 0), d.id`

const NOT_BY_POLICY = Prisma.sql`NOT d.redriven_by_policy`

/** The next ones after a place. What died again under this very redrive is left out, so that it comes to an end. */
function nextCandidates(
  { db, reaction, selector, actionId, byPolicy }: Scope,
  after: Candidate | undefined,
  limit: number,
) {
  const place = after
    ? Prisma.sql`(${SEQUENCE}) > (${after.stream}::text, ${after.streamVersion}::int, ${after.id}::uuid)`
    : Prisma.sql`true`
  return readRows(db, Candidate)`
    SELECT d.id::text, coalesce(d.stream, '') AS stream, coalesce(d.stream_version, 0) AS "streamVersion", ${DELIVERABLE} AS deliverable
    FROM deliveries d
    WHERE ${matching(reaction, selector)} AND ${place} AND d.action_id IS DISTINCT FROM ${actionId}::uuid
      ${byPolicy ? Prisma.sql`AND ${NOT_BY_POLICY}` : Prisma.empty}
    ORDER BY ${SEQUENCE} LIMIT ${limit}`
}

async function sendBatch({ db, byPolicy, ...mark }: Scope, candidates: readonly Candidate[], state: Progress) {
  const ids = candidates.filter(({ deliverable }) => deliverable).map(({ id }) => id)
  state.skipped += candidates.length - ids.length
  // One moment for all of a batch: what is claimed together is handled in order.
  const { changed, resolved } = await change(
    db,
    {
      // Asked again under the lock of the row: two at once redrive it once.
      where: Prisma.sql`d.id = ANY(${ids}::uuid[]) AND ${DEAD} AND (${NOT_BY_POLICY} OR NOT ${byPolicy})`,
      set: Prisma.sql`state = 'retrying', due_at = (SELECT clock_timestamp()), attempts = 0, starts = 0, claimed_by = NULL,
        first_failed_at = NULL, reason = 'redriven', redriven_by_policy = d.redriven_by_policy OR ${byPolicy}, action_id = ${mark.actionId}::uuid`,
      what: 'redriven',
    },
    mark,
  )
  state.sent += changed
  state.inFlight += changed
  state.alreadyHandled += resolved
}

/** Waits for the outcomes a little, so that the operator sees what the redrive was good for. */
async function finalVerdict(
  guard: Guard,
  observe: () => Promise<Outcomes>,
  state: Progress,
  waitMs: number,
  signal: AbortSignal | undefined,
): Promise<Ending> {
  const end = performance.now() + waitMs
  for (;;) {
    await observe()
    const open = state.inFlight + state.retrying
    if (open === 0 || performance.now() > end || signal?.aborted) break
    await pause(100, signal)
  }
  const halted = guard.judge(state)
  return halted ? { outcome: 'halted', why: halted } : { outcome: 'done', why: '' }
}

async function pause(ms: number, signal: AbortSignal | undefined) {
  if (ms > 0) await wait(ms, undefined, signal && { signal }).catch(() => {})
}
