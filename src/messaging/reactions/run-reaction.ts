import { setTimeout as wait } from 'node:timers/promises'
import type { Broker, Consumer } from '../broker/broker.ts'
import { topologyOf, type Names } from '../broker/topology.ts'
import { wakeForRelease } from '../deliveries/claim.ts'
import { observeBatch } from '../metrics.ts'
import { createPause, whenAvailable } from './availability/availability.ts'
import { createFailureRun } from './availability/breaker.ts'
import { recordBreaker } from './availability/record-breaker.ts'
import { drainCrashNet } from './crash-net.ts'
import { shareBreaker } from './availability/share-breaker.ts'
import type { Reaction } from './define/define-reaction.ts'
import { createDeliveryBuffer, type DeliveryBuffer } from './delivery-buffer.ts'
import { takeDueDeliveries } from './due/due-deliveries.ts'
import { handBack, handleMessages, type RunningRuntime } from './handle-messages.ts'
import { readMessages, type Incoming } from './batch/message.ts'
import { reportLostQueue } from './report-lost-queue.ts'
import type { SettleRuntime } from './settle.ts'
import { createTurns } from './due/turns.ts'

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
 * @throws TopologyMismatch when its queue stands with other properties; then it takes nothing any more
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
  const record = recordBreaker(reaction, given)
  const runtime: RunningRuntime & ReactionRuntime = {
    ...given,
    due,
    signal: stopping.signal,
    pause: createPause({
      reaction: reaction.name,
      log,
      signal: stopping.signal,
      record,
      sharing: shareBreaker(given.db, reaction.dependency),
    }),
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
      await Promise.all([due.stop(), record.end(), ...consumers.map((consumer) => consumer.close())])
    },
  }
  given.onBegun?.(begun)
  try {
    const topology = topologyOf(names, { name: reaction.name, eventTypes })
    consumers.push(
      await broker.consume({
        queue: names.queue(reaction.name),
        topology,
        prefetch: reaction.prefetch,
        onDelivery: (delivery) => buffer.put({ delivery }),
        onCancelled: () => void reportLostQueue(runtime, reaction.name),
        onLost: () => buffer.keepOnly(({ claimed }) => claimed !== undefined),
      }),
    )
    consumers.push(await drainCrashNet(reaction, runtime))
  } catch (error) {
    await begun.stop()
    throw error
  }
  // It was stopped before there was a broker.
  if (stopping.signal.aborted) await Promise.all(consumers.map((consumer) => consumer.close()))
  return begun
}

/** Milliseconds that the next batch may be waited for after one that was not full. */
const LONGEST_BREATH_MS = 10
/** Milliseconds before messages whose outcome cannot be recorded are handed back; doubles up to the second. */
const HAND_BACK_MS = [250, 30_000] as const

/**
 * Batch by batch. After each one it waits as long as that one took, unless enough has arrived: a small batch costs nearly
 * as much as a large one, so that batches must grow with the load. A message that arrives at an idle reaction waits for
 * nothing, unless the reaction gathers first (`lingerMs`).
 */
async function loop(
  reaction: Reaction,
  buffer: DeliveryBuffer<Incoming>,
  runtime: RunningRuntime & Pick<ReactionRuntime, 'names'>,
) {
  const types = new Map(reaction.on.map((type) => [type.type, type]))
  const enough = Math.min(reaction.batchSize, Math.ceil(reaction.prefetch / reaction.concurrency / 2))
  let handBackMs: number = HAND_BACK_MS[0]
  while (await buffer.arrival()) {
    if (reaction.lingerMs > 0) await buffer.gather(enough, reaction.lingerMs)
    const batch = buffer.take(reaction.batchSize)
    if (batch.length === 0) continue // another loop was faster, or the process stops
    const started = performance.now()
    try {
      const messages = await whenAvailable(runtime.signal, () => readMessages(batch, reaction, types, runtime.db))
      await handleMessages(reaction, messages, runtime)
      handBackMs = HAND_BACK_MS[0]
    } catch (err) {
      // Nothing is lost: what was not settled comes again, and what was handled is known. But not at once.
      const error = { err, reaction: reaction.name, messages: batch.length, againInMs: handBackMs }
      if (!runtime.signal.aborted) runtime.log.error(error, 'what became of a batch could not be recorded')
      await wait(handBackMs, undefined, { signal: runtime.signal }).catch(() => {})
      handBackMs = Math.min(HAND_BACK_MS[1], handBackMs * 2)
      await handBack(batch, runtime)
    }
    const took = performance.now() - started
    observeBatch(reaction.name, runtime.names.queue(reaction.name), took / 1_000)
    await buffer.gather(enough, Math.min(took, LONGEST_BREATH_MS))
  }
}
