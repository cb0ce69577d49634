import { plainMessage, type Database } from '#platform/database'
import { errorPlace } from '#platform/log/error-place'
import type { Logger } from '#platform/log/logger'
import { traceFields } from '#platform/tracing'
import { closeHandled } from '../deliveries/close.ts'
import { deliverAgain } from '../deliveries/deliver-again.ts'
import { standingOf } from '../deliveries/handled-events.ts'
import { recordFailures, type DeadReason, type FailedAttempt } from '../deliveries/record.ts'
import { isSubscribed } from '../deliveries/subscriptions.ts'
import { failureClassOf } from '../deliveries/failure/failure-class.ts'
import { keepUnreadable, type Refused } from '../deliveries/failure/unreadable.ts'
import { RetryLater, UnreadableEvent, Unrecoverable } from '../errors.ts'
import { criticalSeconds, deliveryOutcomes, givenUp } from '../metrics.ts'
import { EventNotInStore, type BatchRuntime, type Outcome } from './batch/batch.ts'
import type { Reaction } from './define/define-reaction.ts'
import { isFailedCall } from './availability/breaker.ts'
import type { DueDeliveries } from './due/due-deliveries.ts'
import type { Message } from './batch/message.ts'
import { delayAfter } from './define/retry-policy.ts'

export interface SettleRuntime extends BatchRuntime {
  /** Milliseconds after the first, second, … failed attempt, for reactions that say nothing of their own. */
  retryDelays: readonly number[]
  log: Logger
  due: DueDeliveries
}

export interface Settlement {
  message: Message
  outcome: Exclude<Outcome, { kind: 'unavailable' }>
}

/** Handling this message ended with the death of the process, again and again. */
export class PoisonMessage extends Error {
  override name = 'PoisonMessage'
}

/** Milliseconds until a message that only a newer release understands is looked at again. */
const NEWER_RELEASE_MS = 10_000

/** What a failed attempt leads to. */
type Verdict = FailedAttempt['next']

/**
 * Brings messages to an end: recorded as failed, to be tried again at its time, or as dead. A message of the broker is
 * acknowledged only after what becomes of it stands in PostgreSQL, so a crash on the way means a second delivery,
 * never a loss.
 */
export async function settle(
  reaction: Reaction,
  settlements: readonly Settlement[],
  runtime: SettleRuntime,
): Promise<void> {
  const { db, instance, due } = runtime
  const failed: FailedAttempt[] = []
  const refused: Refused[] = []
  for (const { message, outcome } of settlements) {
    if (outcome.kind === 'handled') noteHandled(reaction, message, runtime.log)
    if (outcome.kind !== 'failed') continue
    const error = unlessTooLong(outcome.error, message)
    const next = await judge(reaction, message, error, runtime)
    if (!next) continue
    const { delivery, envelope, attempt } = message
    const isForeign = next.kind === 'dead' && (message.unreadable || error instanceof EventNotInStore)
    const dependency = isFailedCall(outcome) ? (reaction.dependency ?? null) : null
    if (next.kind === 'dead') countGivenUp(reaction, error, { reason: next.reason, dependency })
    if (isForeign && delivery) refused.push({ delivery, envelope, reason: next.reason, error })
    else
      failed.push({
        event: toKnown(message),
        attempt,
        error,
        next,
        ...(message.triedIn && { triedIn: message.triedIn }),
        dependency,
      })
    tell(reaction, message, error, next, runtime.log)
  }
  await keepUnreadable(db, reaction.name, instance, refused)
  const dueInMs = await recordFailures(db, reaction.name, instance, failed)
  const duplicates = settlements.filter(({ message, outcome }) => message.claimed && outcome.kind === 'duplicate')
  await closeHandled(
    db,
    reaction.name,
    duplicates.flatMap(({ message }) => message.claimed!.eventId ?? []),
  )
  const repeated = settlements.filter(({ message, outcome }) => message.claimed && outcome.kind === 'repeat')
  await due.giveBack(repeated.map(({ message }) => message.claimed!.id))
  due.done(settlements.flatMap(({ message }) => message.claimed?.id ?? []))
  if (dueInMs !== undefined) due.soon(Math.max(0, dueInMs))
  for (const { message, outcome } of settlements) {
    message.delivery?.ack()
    deliveryOutcomes.inc({ reaction: reaction.name, outcome: countedAs(outcome, message, failed) })
  }
}

function countGivenUp({ name }: Reaction, error: Error, kept: { reason: DeadReason; dependency: string | null }) {
  const failureClass = failureClassOf({ ...kept, errorName: error.name, errorMessage: plainMessage(error) })
  givenUp.inc({ reaction: name, class: failureClass })
}

function noteHandled(reaction: Reaction, message: Message, log: Logger) {
  const storedAt = message.event?.time.getTime() ?? Date.now()
  criticalSeconds.observe({ reaction: reaction.name }, Math.max(0, Date.now() - storedAt) / 1_000)
  tellRecovery(reaction, message, log)
}

/** Postponed again and again for longer than its author wants. */
class PostponedTooLong extends Error {
  override name = 'PostponedTooLong'
}

function unlessTooLong(error: Error, { claimed }: Message): Error {
  const forMs = claimed?.troubledForMs ?? 0
  if (!(error instanceof RetryLater) || forMs < error.forMs) return error
  return new PostponedTooLong(`${error.message}; so for ${Math.round(forMs / 1_000)} s`, { cause: error })
}

const dead = (reason: DeadReason): Verdict => ({ kind: 'dead', reason })

/** @returns nothing when the message is owed to nobody */
async function judge(
  reaction: Reaction,
  { attempt, event, envelope }: Message,
  error: Error,
  { db, retryDelays }: SettleRuntime,
): Promise<Verdict | undefined> {
  if (error instanceof EventNotInStore) return dead('not-in-store')
  if (error instanceof PoisonMessage) return dead('poison')
  if (!event && error instanceof UnreadableEvent) {
    if (error.reason === 'unknown-type') return judgeUnknown(reaction, envelope!, db)
    if (error.reason !== 'newer-version') return dead(error.reason)
    return { kind: 'retry', reason: error.reason, afterMs: NEWER_RELEASE_MS }
  }
  if (error instanceof Unrecoverable) return dead('unrecoverable')
  if (error instanceof RetryLater) return { kind: 'retry', reason: 'retry-later', afterMs: error.delayMs }
  if (attempt >= reaction.retry.attempts) return dead('attempts-exhausted')
  return { kind: 'retry', reason: 'failed', afterMs: delayAfter(attempt, reaction.retry, retryDelays) }
}

/** Of a newer release while that is subscribed; after `retire` what was left on the queue is owed to nobody. */
async function judgeUnknown(
  { name }: Reaction,
  { id, type }: { id: string; type: string },
  db: Database,
): Promise<Verdict | undefined> {
  if (await isSubscribed(db, name, type)) return { kind: 'retry', reason: 'unknown-type', afterMs: NEWER_RELEASE_MS }
  const standing = await standingOf(db, name, [id])
  return standing.get(id) === 'not-in-store' ? dead('unknown-type') : undefined
}

/** What is known of the event: a claimed delivery knows it even if its event can no longer be read. */
function toKnown({ event, envelope, claimed }: Message): FailedAttempt['event'] {
  const known = event ?? envelope
  if (known) return known
  return { id: claimed!.eventId!, type: claimed!.eventType ?? '', stream: '', streamVersion: 0, correlationId: '' }
}

function about(reaction: Reaction, { event, envelope, claimed, attempt }: Message) {
  const known = event ?? envelope
  const id = known?.id ?? claimed?.eventId
  const { type, correlationId: conversation, actor } = known ?? {}
  return { reaction: reaction.name, event: id, type, conversation, ...(actor && { actor }), attempt }
}

/** Those who read of its failures want to know. */
function tellRecovery(reaction: Reaction, message: Message, log: Logger) {
  if (message.attempt > 1)
    log.info({ ...about(reaction, message), isRecovery: true }, 'handled, after attempts that failed')
}

/** No failed attempt is silent: a warning for each, an error for what is given up. */
function tell(reaction: Reaction, message: Message, error: Error, next: Verdict, log: Logger) {
  const at = errorPlace(error)
  const trace = traceFields(message.triedIn ?? message.event?.traceparent ?? null)
  const told = {
    ...about(reaction, message),
    ...trace,
    error: `${error.name}: ${plainMessage(error)}`,
    ...(at && { at }),
  }
  if (next.kind === 'dead')
    log.error(
      { ...told, reason: next.reason, help: `dead-letters show ${reaction.name}` },
      'given up: the message is a dead letter',
    )
  else if (next.reason === 'retry-later') log.debug({ ...told, nextTryInMs: Math.round(next.afterMs) }, 'postponed')
  else log.warn({ ...told, nextTryInMs: Math.round(next.afterMs) }, WARNINGS[next.reason])
}

const WARNINGS = {
  failed: 'an attempt failed and will be repeated',
  'unknown-type': 'this release does not know the event type; the event waits for a release that does',
  'newer-version': 'this release does not know this version of the event type; the event waits for a release that does',
}

function countedAs(
  outcome: Settlement['outcome'],
  { event, envelope, claimed }: Message,
  failed: readonly FailedAttempt[],
) {
  if (outcome.kind !== 'failed') return 'done'
  const id = event?.id ?? envelope?.id ?? claimed?.eventId
  return failed.some((one) => one.event.id === id && one.next.kind === 'retry') ? 'later' : 'dead'
}

/**
 * Messages that the broker handed out before, and that ended without an outcome: a connection broke, or one of them has
 * ended its process. From now on PostgreSQL delivers them, which counts how often they are begun.
 */
export async function deliverFromStore(
  reaction: Reaction,
  messages: readonly Message[],
  runtime: SettleRuntime,
): Promise<void> {
  if (messages.length === 0) return
  const { db, instance, due } = runtime
  const ids = messages.map(({ event }) => event!.id)
  const standing = await standingOf(db, reaction.name, ids)
  const isStored = ({ event }: Message) => standing.get(event!.id) !== 'not-in-store'
  await deliverAgain(db, reaction.name, { ids }, { reason: 'redelivered', instance })
  due.soon(0)
  for (const { delivery } of messages.filter(isStored)) delivery!.ack()
  const strangers = messages.filter((message) => !isStored(message))
  await settle(
    reaction,
    strangers.map((message) => failed(message, new EventNotInStore(message.event!.id))),
    runtime,
  )
}

export const failed = (message: Message, error: Error): Settlement => ({ message, outcome: { kind: 'failed', error } })
