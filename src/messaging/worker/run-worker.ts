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
import type { Worker } from './define-worker.ts'
import { createInbox, type Inbox } from './inbox.ts'
import { clearStarts, noteFirstStarts, noteStart } from './ledger.ts'
import { readMessage, type Message } from './message.ts'
import { processBatch } from './process-batch.ts'
import { releaseParked } from './parked.ts'
import { PoisonMessage, settle, type Settlement, type SettleRuntime } from './settle.ts'

export interface WorkerRuntime extends Omit<SettleRuntime, 'signal'> {
  wakeUp: WakeUp
  log: Logger
}

export interface RunningWorker {
  /** Takes no more messages, finishes the batch under way, hands the rest back. */
  stop(): Promise<void>
}

/**
 * Runs one reaction in this process: takes what has arrived on its queue, batch by batch, until stopped. Any number of
 * processes may run the same reaction; they share its queue.
 */
export async function runWorker(worker: Worker, given: WorkerRuntime): Promise<RunningWorker> {
  const stopping = new AbortController()
  const runtime: Runtime = {
    ...given,
    signal: stopping.signal,
    pause: createPause(worker.name, given.log, stopping.signal),
    failures: createFailureWindow(),
  }
  const inbox = createInbox()
  const eventTypes = worker.on.map(({ type }) => type)
  const consumer = await runtime.broker.consume({
    queue: runtime.names.queue(worker.name),
    topology: topologyOf(runtime.names, { name: worker.name, eventTypes }, runtime.ladder),
    prefetch: worker.prefetch,
    onDelivery: inbox.put,
    onCancelled: () => void reportLostQueue(runtime, worker.name),
    onLost: inbox.clear,
  })
  const crashNet = await drainCrashNet(worker, runtime)
  const lane = () => loop(worker, inbox, runtime)
  const running = Promise.all(Array.from({ length: worker.lanes }, lane))
  return {
    async stop() {
      stopping.abort()
      inbox.close()
      await running
      await Promise.all([consumer.close(), crashNet.close()])
    },
  }
}

interface Runtime extends SettleRuntime, WorkerRuntime {
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
async function loop(worker: Worker, inbox: Inbox, runtime: Runtime) {
  const types = new Map(worker.on.map((type) => [type.type, type]))
  const enough = Math.min(worker.batchSize, Math.ceil(worker.prefetch / worker.lanes / 2))
  while (await inbox.arrival()) {
    if (worker.lingerMs > 0) await inbox.gather(enough, worker.lingerMs)
    const batch = inbox.take(worker.batchSize)
    if (batch.length === 0) continue // another lane was faster, or the process stops
    const started = performance.now()
    const messages = batch.map((delivery) => readMessage(delivery, types))
    try {
      await handleMessages(worker, messages, runtime)
    } catch (err) {
      // Nothing is lost: what was not settled goes back to the queue, and the ledger knows what was handled.
      runtime.log.error({ err, worker: worker.name }, 'a batch could not be settled; its messages go back to the queue')
      for (const { delivery } of messages) delivery.requeue()
    }
    const took = performance.now() - started
    handlingSeconds.observe({ worker: worker.name }, took / 1_000)
    await inbox.gather(enough, Math.min(took, LONGEST_BREATH_MS))
  }
}

async function handleMessages(worker: Worker, messages: readonly Message[], runtime: Runtime) {
  const isSuspicious = ({ delivery }: Message) => delivery.deliveryCount > 0
  const unreadable = messages.filter(({ event }) => !event)
  const readable = messages.filter(({ event }) => event)
  await settleWhenAvailable(
    worker,
    unreadable.map((message) => failed(message, message.unreadable!)),
    runtime,
  )
  await handleTogether(
    worker,
    readable.filter((message) => !isSuspicious(message)),
    runtime,
  )
  await handleSuspicious(worker, readable.filter(isSuspicious), runtime)
}

/**
 * Messages that were handed out before without an outcome. A connection may have broken, or one of them has killed a
 * process. The first time they are noted and handled together; who comes once more, because that ended with the death of
 * the process too, is handled alone.
 */
async function handleSuspicious(worker: Worker, messages: readonly Message[], runtime: Runtime) {
  if (messages.length === 0) return
  const { db, signal } = runtime
  const ids = messages.map(({ event }) => event!.id)
  const first = await whenAvailable(signal, () => noteFirstStarts(db, worker.name, ids))
  const together = messages.filter(({ event }) => first.has(event!.id))
  await handleTogether(worker, together, runtime)
  if (first.size > 0) await whenAvailable(signal, () => clearStarts(db, worker.name, [...first]))
  for (const message of messages.filter((one) => !together.includes(one))) {
    if (signal.aborted) message.delivery.requeue()
    else await handleAlone(worker, message, runtime)
  }
}

/** Through the reaction and to an end. While something is away, one message at a time probes whether it is back. */
async function handleTogether(worker: Worker, messages: readonly Message[], runtime: Runtime) {
  let waiting = messages
  while (waiting.length > 0) {
    const turn = await runtime.pause.turn()
    if (runtime.signal.aborted) return waiting.forEach(({ delivery }) => delivery.requeue())
    const chosen = turn === 'probe' ? [leastFailed(waiting)] : waiting
    const items = chosen.map(({ event, attempt }) => ({ event: event!, attempt }))
    const outcomes = await processBatch(worker, items, runtime)
    const { settlements, held, reason } = divide(chosen, outcomes, turn, runtime)
    if (reason) runtime.pause.hold(reason, turn)
    else resume(runtime, turn)
    await settleWhenAvailable(worker, settlements, runtime)
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

async function handleAlone(worker: Worker, message: Message, runtime: Runtime) {
  const { db, signal } = runtime
  const eventId = message.event!.id
  const starts = await whenAvailable(signal, () => noteStart(db, worker.name, eventId))
  if (starts >= worker.retry.poisonAfter) {
    const error = new PoisonMessage(`${starts} processes died while handling this message; it is not tried again`)
    await settleWhenAvailable(worker, [failed(message, error)], runtime)
  } else {
    await handleTogether(worker, [message], runtime)
  }
  await whenAvailable(signal, () => clearStarts(db, worker.name, [eventId]))
}

async function settleWhenAvailable(worker: Worker, settlements: readonly Settlement[], runtime: Runtime) {
  if (settlements.length === 0) return
  const handled = settlements.flatMap(({ outcome }) => (outcome.kind === 'handled' ? [outcome] : []))
  if (handled.length > 0) crashPoint('worker.after-commit')
  if (handled.some(({ announced }) => announced.length > 0)) runtime.wakeUp.wake()
  await whenAvailable(runtime.signal, () => settle(worker, settlements, runtime))
  if (worker.ordered) await releaseBehind(worker, settlements, runtime)
}

/** What had parked behind an event that is handled now can go on; if this process dies here, reconciliation sees to it. */
async function releaseBehind(worker: Worker, settlements: readonly Settlement[], runtime: Runtime) {
  const handled = settlements.filter(({ outcome }) => outcome.kind === 'handled')
  const streams = [...new Set(handled.map(({ message }) => message.event!.stream))]
  if (streams.length > 0) await releaseParked(runtime, worker.name, streams)
}

const failed = (message: Message, error: Error): Settlement => ({
  message,
  outcome: { kind: 'failed', error } satisfies Outcome,
})
