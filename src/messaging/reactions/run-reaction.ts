import { setTimeout as wait } from 'node:timers/promises'
import type { Broker, Consumer, Delivery } from '../broker/broker.ts'
import { topologyOf, type Names } from '../broker/topology.ts'
import { crashPoint } from '../crash-points.ts'
import { beginAlone, endAlone, wakeForRelease, type Claimed } from '../deliveries/claim.ts'
import { handlingSeconds } from '../metrics.ts'
import { createPause, whenAvailable, type Pause } from './availability/availability.ts'
import type { BatchItem, Outcome } from './batch/batch.ts'
import { createFailureRun, isFailedCall } from './availability/breaker.ts'
import { drainCrashNet } from './crash-net.ts'
import type { Reaction } from './define/define-reaction.ts'
import { createDeliveryBuffer, type DeliveryBuffer } from './delivery-buffer.ts'
import { takeDueDeliveries } from './due-deliveries.ts'
import { readClaimed, readMessage, type Message } from './batch/message.ts'
import { processBatch } from './batch/process-batch.ts'
import { reportLostQueue } from './report-lost-queue.ts'
import { deliverFromStore, failed, PoisonMessage, settle, type Settlement, type SettleRuntime } from './settle.ts'
import { createTurns, type Turns } from './turns.ts'

export interface ReactionRuntime extends Omit<SettleRuntime, 'signal' | 'due'> {
  broker: Broker
  names: Names
  /** Told as soon as there may be something to stop, which is before there is a broker. */
  onBegun?: (running: RunningReaction) => void
}

export interface RunningReaction {
  /** Takes no more messages, finishes the batch under way, hands the rest back. */
  stop(): Promise<void>
}

/**
 * Runs one reaction in this process until stopped: takes what has arrived on its queue, and what is due in PostgreSQL, batch
 * by batch. Any number of processes may run the same reaction; they share both.
 */
export async function runReaction(reaction: Reaction, given: ReactionRuntime): Promise<RunningReaction> {
  const { broker, names, log } = given
  const stopping = new AbortController()
  const buffer = createDeliveryBuffer<Incoming>()
  const eventTypes = reaction.on.map(({ type }) => type)
  const due = takeDueDeliveries({
    ...given,
    reaction: reaction.name,
    on: reaction.on,
    poisonAfter: reaction.retry.poisonAfter,
    limit: reaction.batchSize * reaction.concurrency,
    onDue: (claimed) => buffer.put(...claimed.map((one) => ({ claimed: one }))),
  })
  const runtime: Runtime = {
    ...given,
    due,
    signal: stopping.signal,
    pause: createPause(reaction.name, log, stopping.signal),
    failures: createFailureRun(),
    turns: createTurns(),
  }
  await wakeForRelease(given.db, reaction.name)
  // Before there is a broker: what is due in PostgreSQL does not need it.
  const running = Promise.all(Array.from({ length: reaction.concurrency }, () => loop(reaction, buffer, runtime)))
  const consumers: Consumer[] = []
  const begun: RunningReaction = {
    async stop() {
      stopping.abort()
      buffer.close()
      await running
      await Promise.all([due.stop(), ...consumers.map((consumer) => consumer.close())])
    },
  }
  given.onBegun?.(begun)
  consumers.push(
    await broker.consume({
      queue: names.queue(reaction.name),
      topology: topologyOf(names, { name: reaction.name, eventTypes }),
      prefetch: reaction.prefetch,
      onDelivery: (delivery) => buffer.put({ delivery }),
      onCancelled: () => void reportLostQueue(runtime, reaction.name),
      onLost: () => buffer.keepOnly(({ claimed }) => claimed !== undefined),
    }),
    await drainCrashNet(reaction, runtime),
  )
  return begun
}

/** What has arrived, from one of the two. */
type Incoming = { delivery: Delivery; claimed?: undefined } | { delivery?: undefined; claimed: Claimed }

interface Runtime extends SettleRuntime, ReactionRuntime {
  pause: Pause
  failures: ReturnType<typeof createFailureRun>
  turns: Turns
}

/** Of all reactions of this process, one message at a time that may have ended processes. */
const suspects = createTurns()

/** Milliseconds that the next batch may be waited for after one that was not full. */
const LONGEST_BREATH_MS = 10
/** Milliseconds before messages whose outcome cannot be recorded are handed back; doubles up to the second. */
const HAND_BACK_MS = [250, 30_000] as const

/**
 * Batch by batch. After each one it waits as long as that one took, unless enough has arrived: a small batch costs nearly
 * as much as a large one, so that batches must grow with the load. A message that arrives at an idle reaction waits for
 * nothing, unless the reaction gathers first (`lingerMs`).
 */
async function loop(reaction: Reaction, buffer: DeliveryBuffer<Incoming>, runtime: Runtime) {
  const types = new Map(reaction.on.map((type) => [type.type, type]))
  const enough = Math.min(reaction.batchSize, Math.ceil(reaction.prefetch / reaction.concurrency / 2))
  let handBackMs: number = HAND_BACK_MS[0]
  while (await buffer.arrival()) {
    if (reaction.lingerMs > 0) await buffer.gather(enough, reaction.lingerMs)
    const batch = buffer.take(reaction.batchSize)
    if (batch.length === 0) continue // another loop was faster, or the process stops
    const started = performance.now()
    const messages = batch.map(({ delivery, claimed }) =>
      delivery ? readMessage(delivery, types) : readClaimed(claimed, types),
    )
    try {
      await handleMessages(reaction, messages, runtime)
      handBackMs = HAND_BACK_MS[0]
    } catch (err) {
      // Nothing is lost: what was not settled comes again, and what was handled is known. But not at once.
      const error = { err, reaction: reaction.name, messages: messages.length, againInMs: handBackMs }
      if (!runtime.signal.aborted) runtime.log.error(error, 'what became of a batch could not be recorded')
      await wait(handBackMs, undefined, { signal: runtime.signal }).catch(() => {})
      handBackMs = Math.min(HAND_BACK_MS[1], handBackMs * 2)
      await handBack(messages, runtime)
    }
    const took = performance.now() - started
    handlingSeconds.observe({ reaction: reaction.name }, took / 1_000)
    await buffer.gather(enough, Math.min(took, LONGEST_BREATH_MS))
  }
}

async function handBack(messages: readonly Message[], { due }: Runtime) {
  for (const { delivery } of messages) delivery?.requeue()
  await due.giveBack(messages.flatMap(({ claimed }) => claimed?.id ?? [])).catch(() => {}) // or the claims run out
}

async function handleMessages(reaction: Reaction, messages: readonly Message[], runtime: Runtime) {
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

async function handleAlone(reaction: Reaction, message: Message, runtime: Runtime) {
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
async function processBegun(reaction: Reaction, items: readonly BatchItem[], claimed: Claimed, runtime: Runtime) {
  const { db, instance, signal } = runtime
  await whenAvailable(signal, () => beginAlone(db, instance, claimed))
  const outcomes = await processBatch(reaction, items, runtime)
  await whenAvailable(signal, () => endAlone(db, instance, claimed))
  return outcomes
}

function handleTogether(reaction: Reaction, messages: readonly Message[], runtime: Runtime) {
  return handleThrough(reaction, messages, runtime, (items) =>
    runtime.turns.beside(() => processBatch(reaction, items, runtime)),
  )
}

/** To an end. While something is away, a few messages at a time probe whether it is back. */
async function handleThrough(
  reaction: Reaction,
  messages: readonly Message[],
  runtime: Runtime,
  process: (items: readonly BatchItem[]) => Promise<Outcome[]>,
) {
  let waiting = messages
  while (waiting.length > 0) {
    const turn = await runtime.pause.turn()
    if (runtime.signal.aborted) return handBack(waiting, runtime)
    const chosen = turn === 'all' ? waiting : leastFailed(waiting, runtime.pause.probes)
    const items = chosen.map(({ event, attempt, claimed }) => ({
      event: event!,
      attempt,
      fromStore: claimed !== undefined,
    }))
    const outcomes = await process(items)
    const { settlements, held, reason, isSaid } = divide(chosen, outcomes, turn, runtime)
    if (reason) runtime.pause.hold(reason, turn, isSaid ? 1 : reaction.callConcurrency)
    else runtime.pause.resume()
    await settleWhenAvailable(reaction, settlements, runtime)
    waiting = [...waiting.filter((message) => !chosen.includes(message)), ...held]
  }
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
  { failures }: Runtime,
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

async function settleWhenAvailable(reaction: Reaction, settlements: readonly Settlement[], runtime: Runtime) {
  if (settlements.length === 0) return
  const isAnyHandled = settlements.some(({ outcome }) => outcome.kind === 'handled')
  if (isAnyHandled) crashPoint('reaction.after-commit')
  await whenAvailable(runtime.signal, () => settle(reaction, settlements, runtime))
  if (reaction.ordered && isAnyHandled) runtime.due.soon(0) // what was blocked behind them
}
