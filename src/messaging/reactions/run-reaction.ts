import type { Logger } from '#platform/logger'
import { topologyOf } from '../broker/topology.ts'
import { crashPoint } from '../crash-points.ts'
import { drainCrashNet } from '../dead-letters/drain.ts'
import type { WakeUp } from '../event-store/wake-up.ts'
import { handlingSeconds } from '../metrics.ts'
import { reportLostQueue } from '../reconcile/report-lost-queue.ts'
import { createPause, whenAvailable, type Pause } from './availability.ts'
import type { Outcome } from './batch.ts'
import { createFailureWindow, isFailedCall } from './breaker.ts'
import type { Reaction } from './define-reaction.ts'
import { createDeliveryBuffer, type DeliveryBuffer } from './delivery-buffer.ts'
import { clearStarts, noteFirstStarts, noteStart } from './handled-events.ts'
import { readMessage, type Message } from './message.ts'
import { processBatch } from './process-batch.ts'
import { releaseBlocked } from './blocked.ts'
import { PoisonMessage, settle, type Settlement, type SettleRuntime } from './settle.ts'

export interface ReactionRuntime extends Omit<SettleRuntime, 'signal'> {
  wakeUp: WakeUp
  log: Logger
}

export interface RunningReaction {
  /** Takes no more messages, finishes the batch under way, hands the rest back. */
  stop(): Promise<void>
}

/**
 * Runs one reaction in this process: takes what has arrived on its queue, batch by batch, until stopped. Any number of
 * processes may run the same reaction; they share its queue.
 */
export async function runReaction(reaction: Reaction, given: ReactionRuntime): Promise<RunningReaction> {
  const stopping = new AbortController()
  const runtime: Runtime = {
    ...given,
    signal: stopping.signal,
    pause: createPause(reaction.name, given.log, stopping.signal),
    failures: createFailureWindow(),
  }
  const buffer = createDeliveryBuffer()
  const eventTypes = reaction.on.map(({ type }) => type)
  const consumer = await runtime.broker.consume({
    queue: runtime.names.queue(reaction.name),
    topology: topologyOf(runtime.names, { name: reaction.name, eventTypes }, runtime.ladder),
    prefetch: reaction.prefetch,
    onDelivery: buffer.put,
    onCancelled: () => void reportLostQueue(runtime, reaction.name),
    onLost: buffer.clear,
  })
  const crashNet = await drainCrashNet(reaction, runtime)
  const lane = () => loop(reaction, buffer, runtime)
  const running = Promise.all(Array.from({ length: reaction.lanes }, lane))
  return {
    async stop() {
      stopping.abort()
      buffer.close()
      await running
      await Promise.all([consumer.close(), crashNet.close()])
    },
  }
}

interface Runtime extends SettleRuntime, ReactionRuntime {
  pause: Pause
  failures: ReturnType<typeof createFailureWindow>
}

/** Milliseconds that the next batch may be waited for after one that was not full. */
const LONGEST_BREATH_MS = 10

/**
 * Batch by batch. After each one it waits as long as that one took, unless enough has arrived: a small batch costs nearly
 * as much as a large one, so that batches must grow with the load. A message that arrives at an idle reaction waits for
 * nothing, unless the reaction gathers first (`lingerMs`).
 */
async function loop(reaction: Reaction, buffer: DeliveryBuffer, runtime: Runtime) {
  const types = new Map(reaction.on.map((type) => [type.type, type]))
  const enough = Math.min(reaction.batchSize, Math.ceil(reaction.prefetch / reaction.lanes / 2))
  while (await buffer.arrival()) {
    if (reaction.lingerMs > 0) await buffer.gather(enough, reaction.lingerMs)
    const batch = buffer.take(reaction.batchSize)
    if (batch.length === 0) continue // another lane was faster, or the process stops
    const started = performance.now()
    const messages = batch.map((delivery) => readMessage(delivery, types))
    try {
      await handleMessages(reaction, messages, runtime)
    } catch (err) {
      // Nothing is lost: what was not settled goes back to the queue, and the ledger knows what was handled.
      runtime.log.error(
        { err, reaction: reaction.name },
        'a batch could not be settled; its messages go back to the queue',
      )
      for (const { delivery } of messages) delivery.requeue()
    }
    const took = performance.now() - started
    handlingSeconds.observe({ reaction: reaction.name }, took / 1_000)
    await buffer.gather(enough, Math.min(took, LONGEST_BREATH_MS))
  }
}

async function handleMessages(reaction: Reaction, messages: readonly Message[], runtime: Runtime) {
  const isSuspicious = ({ delivery }: Message) => delivery.deliveryCount > 0
  const unreadable = messages.filter(({ event }) => !event)
  const readable = messages.filter(({ event }) => event)
  await settleWhenAvailable(
    reaction,
    unreadable.map((message) => failed(message, message.unreadable!)),
    runtime,
  )
  await handleTogether(
    reaction,
    readable.filter((message) => !isSuspicious(message)),
    runtime,
  )
  await handleSuspicious(reaction, readable.filter(isSuspicious), runtime)
}

/**
 * Messages that were handed out before without an outcome. A connection may have broken, or one of them has killed a
 * process. The first time they are noted and handled together; who comes once more, because that ended with the death of
 * the process too, is handled alone.
 */
async function handleSuspicious(reaction: Reaction, messages: readonly Message[], runtime: Runtime) {
  if (messages.length === 0) return
  const { db, signal } = runtime
  const ids = messages.map(({ event }) => event!.id)
  const first = await whenAvailable(signal, () => noteFirstStarts(db, reaction.name, ids))
  const together = messages.filter(({ event }) => first.has(event!.id))
  await handleTogether(reaction, together, runtime)
  if (first.size > 0) await whenAvailable(signal, () => clearStarts(db, reaction.name, [...first]))
  for (const message of messages.filter((one) => !together.includes(one))) {
    if (signal.aborted) message.delivery.requeue()
    else await handleAlone(reaction, message, runtime)
  }
}

/** Through the reaction and to an end. While something is away, one message at a time probes whether it is back. */
async function handleTogether(reaction: Reaction, messages: readonly Message[], runtime: Runtime) {
  let waiting = messages
  while (waiting.length > 0) {
    const turn = await runtime.pause.turn()
    if (runtime.signal.aborted) return waiting.forEach(({ delivery }) => delivery.requeue())
    const chosen = turn === 'probe' ? [leastFailed(waiting)] : waiting
    const items = chosen.map(({ event, attempt }) => ({ event: event!, attempt }))
    const outcomes = await processBatch(reaction, items, runtime)
    const { settlements, held, reason } = divide(chosen, outcomes, turn, runtime)
    if (reason) runtime.pause.hold(reason, turn)
    else resume(runtime, turn)
    await settleWhenAvailable(reaction, settlements, runtime)
    waiting = [...held, ...waiting.filter((message) => !chosen.includes(message))]
  }
}

/** Who has failed often probably fails by itself, and would tell little about the others. */
function leastFailed(messages: readonly Message[]): Message {
  return messages.reduce((least, message) => (message.attempt < least.attempt ? message : least))
}

function resume({ pause, failures }: Runtime, turn: 'all' | 'probe') {
  if (turn === 'probe') failures.forget()
  pause.resume()
}

/**
 * What can be settled, and what must wait because something is away. Calls that fail for everybody hold their messages
 * too; the one that probes uses up its attempt, so that messages which fail by themselves do not hold others for ever.
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
  const open = failures.note(outcomes)
  outcomes.forEach((outcome, index) => {
    const message = chosen[index]!
    const failing = open && isFailedCall(outcome)
    if (outcome.kind === 'unavailable' || failing) reason = outcome.error
    if (outcome.kind === 'unavailable' || (failing && turn === 'all')) held.push(message)
    else settlements.push({ message, outcome })
  })
  return { settlements, held, reason }
}

async function handleAlone(reaction: Reaction, message: Message, runtime: Runtime) {
  const { db, signal } = runtime
  const eventId = message.event!.id
  const starts = await whenAvailable(signal, () => noteStart(db, reaction.name, eventId))
  if (starts >= reaction.retry.poisonAfter) {
    const error = new PoisonMessage(`${starts} processes died while handling this message; it is not tried again`)
    await settleWhenAvailable(reaction, [failed(message, error)], runtime)
  } else {
    await handleTogether(reaction, [message], runtime)
  }
  await whenAvailable(signal, () => clearStarts(db, reaction.name, [eventId]))
}

async function settleWhenAvailable(reaction: Reaction, settlements: readonly Settlement[], runtime: Runtime) {
  if (settlements.length === 0) return
  const handled = settlements.flatMap(({ outcome }) => (outcome.kind === 'handled' ? [outcome] : []))
  if (handled.length > 0) crashPoint('worker.after-commit')
  if (handled.some(({ published }) => published.length > 0)) runtime.wakeUp.wake()
  await whenAvailable(runtime.signal, () => settle(reaction, settlements, runtime))
  if (reaction.ordered) await releaseBehind(reaction, settlements, runtime)
}

/** What had blocked behind an event that is handled now can go on; if this process dies here, reconciliation sees to it. */
async function releaseBehind(reaction: Reaction, settlements: readonly Settlement[], runtime: Runtime) {
  const handled = settlements.filter(({ outcome }) => outcome.kind === 'handled')
  const streams = [...new Set(handled.map(({ message }) => message.event!.stream))]
  if (streams.length > 0) await releaseBlocked(runtime, reaction.name, streams)
}

const failed = (message: Message, error: Error): Settlement => ({
  message,
  outcome: { kind: 'failed', error } satisfies Outcome,
})
