import { setTimeout as wait } from 'node:timers/promises'
import type pg from 'pg'
import { topologyOf } from '../broker/topology.ts'
import { crashPoint } from '../crash-points.ts'
import { knownSubscriptions } from '../reactions/subscribe.ts'
import { claim, nextCandidates, toMessage, type Candidate, type Scope } from './claim.ts'
import { Refused, type DeadLetterContext } from './context.ts'
import { createGuard, type Guard, type GuardOptions } from './guard.ts'
import { beginAction, finishAction, type ActionOutcome } from './operator-actions.ts'
import { asOnlyOperator } from './operator-lock.ts'
import { NOTHING_KNOWN, readOutcomes, type Outcomes } from './outcomes.ts'
import { planFor } from './plan.ts'
import { checkSelector, type Selector } from './selector.ts'

export interface RedriveOptions extends GuardOptions {
  /** Messages per second at most. @default as fast as the broker confirms */
  rate?: number
  /** Milliseconds to wait at the end for what becomes of the messages. @default 10000 */
  waitMs?: number
  /** Milliseconds the broker may take for one batch; then the redrive ends as failed. @default 15000 */
  publishTimeoutMs?: number
  /** Why, for the audit table. */
  reason?: string
  onProgress?: (progress: Progress) => void
  /** Aborted by the operator: the batch under way is finished, then no more are sent. */
  signal?: AbortSignal
}

export interface Progress extends Outcomes {
  total: number
  sent: number
  alreadyHandled: number
}

export interface RedriveResult extends Progress {
  actionId: string
  outcome: ActionOutcome
  /** One sentence; empty when all was sent. */
  why: string
}

const BATCH = 200
const PUBLISH_TIMEOUT = 15_000

/**
 * Sends dead letters to their reaction's queue again, each as it first was, in the order of their streams. One
 * transaction per batch moves them to `redriven`, publishes and commits after the broker's confirm: a crash in between
 * leaves them open, and the copies that are out already are known by their event, or by their parent if they die.
 * So it may be stopped anywhere and called again. An event that is handled already is resolved without being sent.
 * @throws Refused when another operator works on this reaction, or the reaction has no queue
 */
export async function redrive(
  context: DeadLetterContext,
  reaction: string,
  selector: Selector,
  options: RedriveOptions = {},
): Promise<RedriveResult> {
  checkSelector(selector)
  return asOnlyOperator(context, reaction, async (connection) => {
    await ensureQueue(context, reaction)
    const { total } = await planFor(context.db, reaction, selector)
    const action = {
      operator: context.operator,
      action: 'redrive' as const,
      reaction,
      selector,
      reason: options.reason,
    }
    const actionId = await beginAction(context.db, action)
    const state: Progress = { total, sent: 0, alreadyHandled: 0, ...NOTHING_KNOWN }
    const scope = { reaction, selector, actionId }
    const ending = await send(context, connection, scope, state, options).catch((error: Error): Ending => ({
      outcome: 'failed',
      why: `${error.message} What was not sent is still open.`,
    }))
    await finishAction(context.db, actionId, action, ending.outcome, { ...state, why: ending.why })
    return { ...state, ...ending, actionId }
  })
}

type Ending = Pick<RedriveResult, 'outcome' | 'why'>

async function send(
  context: DeadLetterContext,
  connection: pg.PoolClient,
  scope: Scope,
  state: Progress,
  options: RedriveOptions,
): Promise<Ending> {
  const { rate, waitMs = 10_000, onProgress, signal } = options
  const observe = async () => {
    Object.assign(state, await readOutcomes(context.db, scope.actionId, state.alreadyHandled))
    onProgress?.({ ...state })
    return state
  }
  const guard = createGuard(options, observe, signal)
  const started = performance.now()
  let last: Candidate | undefined
  while (state.sent + state.alreadyHandled < state.total) {
    if (signal?.aborted) return { outcome: 'interrupted', why: 'Stopped by the operator.' }
    const halted = await guard.mayGoOn(state)
    if (halted) return { outcome: 'halted', why: halted }
    const room = Math.min(batchSize(rate), guard.room(state), state.total - state.sent - state.alreadyHandled)
    const candidates = await nextCandidates(connection, scope, last, room)
    if (candidates.length === 0) break // somebody else closed the rest
    last = candidates.at(-1)
    await sendBatch(context, connection, scope, candidates, state, options.publishTimeoutMs)
    onProgress?.({ ...state })
    if (rate) await pause(started + (state.sent / rate) * 1_000 - performance.now(), signal)
  }
  return finalVerdict(guard, observe, state, waitMs, signal)
}

/** Small enough that a slow rate stays even. */
const batchSize = (rate = Number.POSITIVE_INFINITY) => Math.max(1, Math.min(BATCH, Math.ceil(rate / 10)))

async function sendBatch(
  { broker, names }: DeadLetterContext,
  connection: pg.PoolClient,
  scope: Scope,
  candidates: readonly Candidate[],
  state: Progress,
  publishTimeoutMs = PUBLISH_TIMEOUT,
) {
  await connection.query('BEGIN')
  try {
    const claimed = await claim(connection, candidates, scope)
    const messages = claimed.filter(({ handled }) => !handled).map((letter) => toMessage(letter, scope.reaction, names))
    const unroutable = await inTime(broker.publish(messages), publishTimeoutMs)
    if (unroutable.size > 0) throw new Error(`The queue ${names.queue(scope.reaction)} is gone from RabbitMQ.`)
    crashPoint('redrive.after-publish')
    await connection.query('COMMIT')
    state.sent += messages.length
    state.inFlight += messages.length
    state.alreadyHandled += claimed.length - messages.length
  } catch (error) {
    await connection.query('ROLLBACK').catch(() => {}) // a broken connection rolls back by itself
    throw error
  }
}

async function inTime<T>(work: Promise<T>, timeoutMs = PUBLISH_TIMEOUT): Promise<T> {
  const stop = new AbortController()
  const late = wait(timeoutMs, undefined, { signal: stop.signal }).then(() => {
    throw new Error(`RabbitMQ has not answered within ${timeoutMs / 1_000} s.`)
  })
  late.catch(() => {})
  work.catch(() => {})
  return Promise.race([work, late]).finally(() => stop.abort())
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

/** A broker that lost everything has the queue again; one that cannot be reached is named as such. */
async function ensureQueue({ db, broker, names, ladder }: DeadLetterContext, reaction: string) {
  const queue = names.queue(reaction)
  if ((await inTime(broker.depth(queue)).catch(asRefusal)) !== undefined) return
  const eventTypes = (await knownSubscriptions(db)).get(reaction)
  if (!eventTypes)
    throw new Refused(`${reaction} has no queue and subscribes to nothing: start a reaction with it first.`)
  await inTime(broker.declare(topologyOf(names, { name: reaction, eventTypes }, ladder)))
}

function asRefusal(error: Error): never {
  throw new Refused(`RabbitMQ cannot be asked for its queues (${error.message}). Nothing was sent.`, { cause: error })
}
