import { setTimeout as wait } from 'node:timers/promises'
import { createBackoff } from '#platform/backoff'
import { plainMessage } from '#platform/database'
import { paceLooks } from '../event-store/pace-looks.ts'
import { createCheckpoint } from './checkpoint.ts'
import { createEventReader } from './reading/event-reader.ts'
import type { RelayNeighbours, RelayOptions } from './options.ts'
import { createPublishing } from './publish-events.ts'
import type { StoredRow } from '../event-store/reading/stored-rows.ts'
import type { RelayLease } from './relay-lease.ts'

/** Milliseconds that news may be waited for after a read that was not full. */
const LONGEST_BREATH_MS = 5
/** Milliseconds until a broker that took no messages is looked at again. */
const BROKER_LOOK_MS = 500
const FIRST_RETRY_MS = 250
const LONGEST_RETRY_MS = 5_000
/** Milliseconds without a broker that takes messages after which another relay may try: it may have a way to it. */
const AWAY_MS = 5_000

export interface LoopOptions extends RelayOptions, RelayNeighbours, RelayLease {
  readSize: number
  signal: AbortSignal
  /** Waits, or until there is news, which it answers. */
  pause: (ms: number) => Promise<boolean>
}

/**
 * Publishes what stands in the event store from the checkpoint on, until the lease or the process ends. It gives up the lease
 * when it does not reach the broker.
 *
 * What can overlap does: while the broker confirms one read, the next one is under way, and a checkpoint is being written
 * while its successors are published. At most one of each, and a checkpoint never runs ahead of the confirms. A small read
 * costs nearly as much as a large one, so after one the relay waits as long as that took, at most.
 */
export async function publishLoop(options: LoopOptions): Promise<void> {
  const { broker, lease, pause } = options
  const looks = paceLooks(pause, options.pollMs)
  const { goesOn, reader, publish, publishing, checkpoint, heal } = createParts(options)
  let publishedTo = options.position
  try {
    while (goesOn()) {
      await heal()
      const began = performance.now()
      const reading = await reader.read(publishedTo)
      const isNews = reading.position > publishedTo && !broker.publishingPaused
      looks.looked({ isNews })
      if (isNews) {
        if (reading.isFull && reading.waitingMs === undefined) reader.readAhead(reading.position)
        if (!(await publish(reading.rows))) break
        publishedTo = reading.position
      }
      if (!(await checkpoint.moveTo(publishedTo))) break
      if (reading.waitingMs !== undefined) await reader.waitAtGap(reading.waitingMs, publishedTo, pause)
      else if (!reader.isAhead) {
        if (isNews) await wait(Math.min(performance.now() - began, LONGEST_BREATH_MS))
        await looks.pause(Math.min(checkpoint.dueInMs(), broker.publishingPaused ? BROKER_LOOK_MS : Infinity))
      }
    }
    if (lease.isSure) await checkpoint.write()
  } finally {
    publishing.stop()
  }
}

function createParts(options: LoopOptions) {
  const { log, signal, broker } = options
  const goesOn = createGoesOn(options)
  const warn = (error: Error, sentence: string) => log.warn({ reason: plainMessage(error) }, sentence)
  const backoff = createBackoff(FIRST_RETRY_MS, LONGEST_RETRY_MS)
  const publishing = createPublishing(options)
  const checkpoint = createCheckpoint({ ...options, publishing })

  /** Tried again with each pass; a failure does not keep events from being published. */
  const heal = async () => {
    if (broker.publishingPaused) return
    await options
      .heal(checkpoint.write)
      .catch((error: Error) => warn(error, 'the broker could not be checked for lost messages, trying again'))
  }
  /** @returns false when the lease or the process ended before the rows were published */
  const publish = async (rows: readonly StoredRow[]): Promise<boolean> => {
    while (goesOn()) {
      try {
        await publishing.publish(rows)
        backoff.reset()
        return true
      } catch (error) {
        warn(error as Error, 'events could not be published, trying again')
      }
      await wait(backoff.next(), undefined, { signal }).catch(() => {})
      await heal()
    }
    return false
  }
  return { goesOn, reader: createEventReader(options), publish, publishing, checkpoint, heal }
}

/** False when the process is to stop, or when the lease has ended: that of a relay that does not reach the broker ends here. */
function createGoesOn({ broker, lease, signal }: LoopOptions): () => boolean {
  let reachedAt = performance.now()
  return () => {
    if (!broker.publishingPaused) reachedAt = performance.now()
    else if (performance.now() - reachedAt > AWAY_MS)
      lease.end(`RabbitMQ has taken nothing from it for ${AWAY_MS / 1_000} s`)
    return !signal.aborted && lease.isSure
  }
}
