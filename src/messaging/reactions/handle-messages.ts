import { redactError } from '#platform/log/redact'
import { beginSpan, SpanKind, type OpenSpan } from '#platform/tracing'
import { crashPoint } from '../crash-points.ts'
import { beginAlone, endAlone, type Claimed } from '../deliveries/claim.ts'
import { whenAvailable, type Pause } from './availability/availability.ts'
import type { BatchItem, Outcome } from './batch/batch.ts'
import { isFailedCall, type createFailureRun } from './availability/breaker.ts'
import type { Reaction } from './define/define-reaction.ts'
import type { Message, Taken } from './batch/message.ts'
import { processBatch } from './batch/process-batch.ts'
import { deliverFromStore, failed, PoisonMessage, settle, type Settlement, type SettleRuntime } from './settle.ts'
import { createTurns, type Turns } from './due/turns.ts'

/** What a running reaction stands on in this process. */
export interface RunningRuntime extends SettleRuntime {
  pause: Pause
  failures: ReturnType<typeof createFailureRun>
  turns: Turns
}

/** Of all reactions of this process, one message at a time that may have ended processes. */
const suspects = createTurns()

/** What was taken and not brought to an end: the broker and PostgreSQL deliver it again. */
export async function handBack(messages: readonly Taken[], { due }: RunningRuntime) {
  for (const { delivery } of messages) delivery?.requeue()
  await due.giveBack(messages.flatMap(({ claimed }) => claimed?.id ?? [])).catch(() => {}) // or the claims run out
}

/** Brings the messages of a batch to an end, as each of them needs. @throws when what became of them could not be recorded */
export async function handleMessages(reaction: Reaction, messages: readonly Message[], runtime: RunningRuntime) {
  const unreadable = messages.filter(({ event }) => !event)
  const readable = messages.filter(({ event }) => event)
  const returned = readable.filter(({ delivery }) => delivery && delivery.deliveryCount > 0)
  const [alone, together] = divideSuspects(
    reaction,
    readable.filter((message) => !returned.includes(message)),
  )
  await settleWhenAvailable(
    reaction,
    unreadable.map((message) => failed(message, message.unreadable!)),
    runtime,
  )
  await whenAvailable(runtime.signal, () => deliverFromStore(reaction, returned, runtime))
  await handleTogether(reaction, together, runtime)
  for (const message of alone) await handleAlone(reaction, message, runtime)
}

/** Who was begun twice already without an outcome is handled alone: its next death must not be blamed on others, nor theirs on it. */
function divideSuspects(reaction: Reaction, messages: readonly Message[]): [Message[], Message[]] {
  const isSuspect = ({ claimed }: Message) => claimed !== undefined && claimed.starts >= reaction.retry.poisonAfter
  return [messages.filter(isSuspect), messages.filter((message) => !isSuspect(message))]
}

async function handleAlone(reaction: Reaction, message: Message, runtime: RunningRuntime) {
  const { claimed } = message
  const { starts } = claimed!
  if (starts <= reaction.retry.poisonAfter) {
    return handleThrough(reaction, [message], runtime, (items) =>
      suspects.alone(() => runtime.turns.alone(() => processBegun(reaction, items, claimed!, runtime))),
    )
  }
  const error = new PoisonMessage(`${starts - 1} processes died while handling this message; it is not tried again`)
  await settleWhenAvailable(reaction, [failed(message, error)], runtime)
}

/** Counted as begun for exactly as long as its handling takes. */
async function processBegun(
  reaction: Reaction,
  items: readonly BatchItem[],
  claimed: Claimed,
  runtime: RunningRuntime,
) {
  const { db, instance, signal } = runtime
  await whenAvailable(signal, () => beginAlone(db, instance, claimed))
  const outcomes = await processBatch(reaction, items, runtime)
  await whenAvailable(signal, () => endAlone(db, instance, claimed))
  return outcomes
}

function handleTogether(reaction: Reaction, messages: readonly Message[], runtime: RunningRuntime) {
  return handleThrough(reaction, messages, runtime, (items) =>
    runtime.turns.beside(() => processBatch(reaction, items, runtime)),
  )
}

/** To an end. While something is away, a few messages at a time probe whether it is back. */
async function handleThrough(
  reaction: Reaction,
  messages: readonly Message[],
  runtime: RunningRuntime,
  process: (items: readonly BatchItem[]) => Promise<Outcome[]>,
) {
  let waiting = messages
  while (waiting.length > 0) {
    const turn = await runtime.pause.turn()
    if (runtime.signal.aborted) return handBack(waiting, runtime)
    const chosen = turn === 'all' ? waiting : leastFailed(waiting, runtime.pause.probes)
    const spans = chosen.map((message) => beginProcessing(reaction, message))
    const items = chosen.map(({ event, attempt, claimed }, index) => ({
      event: spans[index] ? { ...event!, traceparent: spans[index].traceparent } : event!,
      attempt,
      fromStore: claimed !== undefined,
    }))
    const outcomes = await process(items)
    outcomes.forEach((outcome, index) => spans[index]?.end('error' in outcome ? outcome.error : undefined))
    chosen.forEach((message, index) => (message.triedIn = spans[index]?.traceparent ?? null))
    redactErrors(outcomes, chosen)
    const { settlements, held, reason, isSaid } = divide(chosen, outcomes, turn, runtime)
    const { failingForMs } = runtime.failures
    const probeWith = isSaid ? 1 : reaction.callConcurrency
    if (reason) runtime.pause.hold({ error: reason, turn, probeWith, isSaid, failingForMs })
    else runtime.pause.resume()
    await settleWhenAvailable(reaction, settlements, runtime)
    waiting = [...waiting.filter((message) => !chosen.includes(message)), ...held]
  }
}

/** Of a message that belongs to a trace: a child of its publication, or, when PostgreSQL delivers it, of what stored its event. */
function beginProcessing({ name }: Reaction, { event, attempt, claimed }: Message): OpenSpan | undefined {
  const { id, type, traceparent } = event!
  const attributes = {
    'messaging.system': 'rabbitmq',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.consumer.group.name': name,
    'messaging.message.id': id,
    'fanfare.event.type': type,
    'fanfare.attempt': attempt,
  }
  const options = { kind: SpanKind.CONSUMER, parent: traceparent, attributes, links: [claimed?.triedIn] }
  return beginSpan(`process ${name}`, options)
}

/** An error may quote what its reaction was given, and it goes into logs, tables and the consoles of operators. */
function redactErrors(outcomes: readonly Outcome[], messages: readonly Message[]) {
  const errors = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error] : []))
  if (errors.length === 0) return
  const texts = messages.flatMap(({ personal = [] }) => personal)
  for (const error of errors) redactError(error, texts)
}

/** Who has failed often probably fails by itself, and would tell little about the others. */
const leastFailed = (messages: readonly Message[], count: number) =>
  messages.toSorted((a, b) => a.attempt - b.attempt).slice(0, count)

/**
 * What can be settled, and what must wait because something is away. Calls that fail for everybody hold their messages
 * too. Of those that probe one uses up its attempt: an outage costs few, and messages which fail by themselves do not hold
 * others for ever.
 */
function divide(
  chosen: readonly Message[],
  outcomes: readonly Outcome[],
  turn: 'all' | 'probe',
  { failures }: RunningRuntime,
) {
  const settlements: Settlement[] = []
  const held: Message[] = []
  let reason: Error | undefined
  let isSpent = turn === 'all' // the attempt that a probe uses up
  const open = failures.note(outcomes.map((outcome, index) => ({ outcome, attempt: chosen[index]!.attempt })))
  outcomes.forEach((outcome, index) => {
    const message = chosen[index]!
    const failing = open && isFailedCall(outcome)
    if (outcome.kind === 'unavailable' || failing) reason = outcome.error
    if (outcome.kind === 'unavailable' || (failing && isSpent)) held.push(message)
    else settlements.push({ message, outcome })
    isSpent ||= failing
  })
  const isSaid = outcomes.some(({ kind }) => kind === 'unavailable')
  return { settlements, held, reason, isSaid }
}

async function settleWhenAvailable(reaction: Reaction, settlements: readonly Settlement[], runtime: RunningRuntime) {
  if (settlements.length === 0) return
  const isAnyHandled = settlements.some(({ outcome }) => outcome.kind === 'handled')
  if (isAnyHandled) crashPoint('reaction.after-commit')
  await whenAvailable(runtime.signal, () => settle(reaction, settlements, runtime))
  if (reaction.ordered && isAnyHandled) runtime.due.soon(0) // what was blocked behind them
}
