import type { Broker, Outgoing } from '../broker/broker.ts'
import type { Names } from '../broker/topology.ts'
import { resolveRedriven } from '../dead-letters/resolve.ts'
import { RetryLater, Unrecoverable } from '../errors.ts'
import { deliveryOutcomes } from '../metrics.ts'
import type { BatchRuntime, Outcome } from './batch.ts'
import { writeDeadLetters, type Death } from './dead-letter.ts'
import type { Reaction } from './define-reaction.ts'
import { recordFailures, type FailedAttempt } from './handled-events.ts'
import { HEADER, type Message } from './message.ts'
import { delayAfter, rungFor } from './retry-policy.ts'

export interface SettleRuntime extends BatchRuntime {
  broker: Broker
  names: Names
  /** Rungs of the delay ladder in milliseconds, ascending. */
  ladder: readonly number[]
}

export interface Settlement {
  message: Message
  outcome: Exclude<Outcome, { kind: 'unavailable' }>
}

/** Nothing is left to do for the event, so nothing is left of the dead letter it was redriven from. */
const ENDED: ReadonlySet<string> = new Set(['handled', 'duplicate'])

type Verdict =
  { kind: 'done' } | { kind: 'later'; rungMs: number; attempt: number; failed?: Error } | { kind: 'dead'; death: Death }

/**
 * Brings messages to an end: acknowledged, put on the delay ladder, or written to the dead letters. A message is
 * acknowledged only after whatever replaces it is safe, so a crash on the way means a second delivery, never a loss.
 */
export async function settle(
  reaction: Reaction,
  settlements: readonly Settlement[],
  runtime: SettleRuntime,
): Promise<void> {
  const verdicts = settlements.map(({ message, outcome }) => ({
    message,
    verdict: judge(reaction, message, outcome, runtime.ladder),
  }))
  const copies: Outgoing[] = []
  const failures: FailedAttempt[] = []
  const deaths: Death[] = []
  for (const { message, verdict } of verdicts) {
    if (verdict.kind === 'dead') deaths.push(verdict.death)
    if (verdict.kind !== 'later') continue
    copies.push(delayedCopy(reaction, message, verdict, runtime.names))
    if (verdict.failed) {
      const retryAt = new Date(Date.now() + verdict.rungMs)
      failures.push({ eventId: message.event!.id, attempt: message.attempt, error: verdict.failed, retryAt })
    }
  }
  await writeDeadLetters(runtime.db, reaction.name, runtime.instance, deaths)
  await recordFailures(runtime.db, reaction.name, runtime.instance, failures)
  await publishCopies(copies, runtime)
  await resolveRedriven(
    runtime.db,
    settlements.flatMap(({ message, outcome }) => (ENDED.has(outcome.kind) && message.parentId) || []),
  )
  for (const { message, verdict } of verdicts) {
    message.delivery.ack()
    deliveryOutcomes.inc({ reaction: reaction.name, outcome: verdict.kind })
  }
}

function judge(
  reaction: Reaction,
  message: Message,
  outcome: Settlement['outcome'],
  ladder: readonly number[],
): Verdict {
  if (outcome.kind !== 'failed') return { kind: 'done' }
  const { error } = outcome
  if (message.unreadable) return dead(message, message.unreadable.reason, error)
  if (error instanceof PoisonMessage) return dead(message, 'poison', error)
  if (error instanceof Unrecoverable) return dead(message, 'unrecoverable', error)
  if (error instanceof RetryLater)
    return { kind: 'later', rungMs: rungFor(error.delayMs, ladder), attempt: message.attempt }
  if (message.attempt >= reaction.retry.attempts) return dead(message, 'attempts-exhausted', error)
  return {
    kind: 'later',
    rungMs: delayAfter(message.attempt, reaction.retry, ladder),
    attempt: message.attempt + 1,
    failed: error,
  }
}

const dead = (message: Message, reason: Death['reason'], error: Error): Verdict => ({
  kind: 'dead',
  death: { message, reason, error },
})

/** Handling this message ended with the death of the process, again and again. */
export class PoisonMessage extends Error {
  override name = 'PoisonMessage'
}

function delayedCopy(
  reaction: Reaction,
  message: Message,
  verdict: { rungMs: number; attempt: number },
  names: Names,
): Outgoing {
  const { delivery, firstFailedAt, exchange, routingKey, parentId } = message
  return {
    exchange: names.delay(verdict.rungMs),
    routingKey: names.queue(reaction.name),
    messageId: delivery.messageId ?? message.event!.id,
    ...(delivery.contentType && { contentType: delivery.contentType }),
    body: delivery.body,
    headers: {
      [HEADER.attempt]: verdict.attempt,
      [HEADER.firstFailedAt]: (firstFailedAt ?? new Date()).toISOString(),
      [HEADER.exchange]: exchange,
      [HEADER.routingKey]: routingKey,
      ...(parentId && { [HEADER.parent]: parentId }),
    },
  }
}

async function publishCopies(copies: readonly Outgoing[], { broker }: SettleRuntime) {
  const unroutable = await broker.publish(copies)
  if (unroutable.size > 0)
    throw new Error(`${unroutable.size} messages found no queue on the delay ladder; it is declared again`)
}
