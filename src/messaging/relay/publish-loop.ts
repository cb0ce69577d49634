import { setTimeout as wait } from 'node:timers/promises'
import { relayPosition } from '../metrics.ts'
import { publishEvents, keepTopology } from './publish-events.ts'
import { createGapReader } from './gap-reader.ts'
import { LEASE_MS, type Lease } from './lease.ts'
import { readEvents, runningAppenders } from './read-events.ts'
import type { RelayOptions } from './options.ts'

/** Milliseconds until a gap is looked at again; most last from drawing a position to the commit, a few milliseconds. */
const GAP_MS = 5
/** Milliseconds after which a gap is looked into: it may be a rollback, which nobody announces. */
const LASTING_GAP_MS = 20
/** Milliseconds until a gap that stays is looked at again, at most. */
const LONGEST_GAP_PAUSE_MS = 50
const RENEW_MS = LEASE_MS / 3
/** Milliseconds from one checkpoint to the next. What is published and not noted when a relay dies is published again. */
const CHECKPOINT_MS = 50
/** Milliseconds that news may be waited for after a read that was not full. */
const LONGEST_BREATH_MS = 5

export interface LoopOptions extends Required<RelayOptions> {
  lease: Lease
  signal: AbortSignal
  /** Waits, or until there is news. */
  pause: (ms: number) => Promise<void>
  /** Looks after a broker that lost messages. */
  heal: (writeCheckpoint: () => Promise<unknown>) => Promise<void>
}

/**
 * Publishes what stands in the event store from the checkpoint on, until the lease or the process ends.
 *
 * What can overlap does: while the broker confirms one read, the next one is under way, and a checkpoint is being written
 * while its successors are published. At most one of each, and a checkpoint never runs ahead of the confirms. A small read
 * costs nearly as much as a large one, so after one the relay waits as long as that took, at most.
 */
export async function publishLoop(options: LoopOptions): Promise<void> {
  const { db, broker, log, lease, signal, readSize, pollMs, pause, heal } = options
  const gaps = createGapReader()
  const topology = keepTopology(options)
  const checkpoint = createCheckpoint(lease)
  let publishedTo = lease.position
  let ahead: ReturnType<typeof readEvents> | undefined
  while (!signal.aborted) {
    if (!lease.isSure) return log.warn('relay lease ran out, standing by')
    await heal(checkpoint.write)
    const began = performance.now()
    const { rows } = await (ahead ?? readEvents(db, publishedTo, readSize))
    ahead = undefined
    const reading = gaps.next(publishedTo, rows)
    if (!lease.isSure) return log.warn('relay lease ran out, standing by')
    const news = reading.position > publishedTo && !broker.publishingPaused
    if (news) {
      if (rows.length === readSize && reading.waitingMs === undefined)
        ahead = readEvents(db, reading.position, readSize)
      ahead?.catch(() => {}) // looked at in the next round
      await publishEvents(reading.rows, topology, options)
      publishedTo = reading.position
    }
    if (!(await checkpoint.moveTo(publishedTo))) return log.warn('relay lease was taken over, standing by')
    if (reading.waitingMs !== undefined) {
      if (reading.waitingMs > LASTING_GAP_MS) gaps.noteAppenders(await runningAppenders(db))
      await pauseAtGap(reading.waitingMs, pause)
    } else if (!ahead) {
      if (news) await wait(Math.min(performance.now() - began, LONGEST_BREATH_MS))
      await pause(Math.min(pollMs, checkpoint.dueInMs()))
    }
  }
  await checkpoint.write()
}

/** Short at first, when the commit is near; a gap that lasts costs a look now and then, however many others commit. */
async function pauseAtGap(lastedMs: number, pause: (ms: number) => Promise<void>) {
  if (lastedMs <= LASTING_GAP_MS) await pause(GAP_MS)
  else await wait(Math.min(LONGEST_GAP_PAUSE_MS, Math.max(GAP_MS, lastedMs / 4)))
}

/** Writes checkpoints now and then, one behind the other; renews the lease when nothing moves. */
function createCheckpoint(lease: Lease) {
  let writing: Promise<boolean> = Promise.resolve(true)
  let position = lease.position
  let writtenTo = lease.position
  let dueAt = 0
  let renewAt = performance.now() + RENEW_MS
  const nextAt = () => (position === writtenTo ? renewAt : Math.min(dueAt, renewAt))
  const begin = () => {
    writtenTo = position
    dueAt = performance.now() + CHECKPOINT_MS
    renewAt = performance.now() + RENEW_MS
    writing = lease.advance(position)
    writing.then(() => relayPosition.set(Number(writtenTo))).catch(() => {}) // looked at by the next write
  }
  return {
    /** @returns false when an earlier write found the lease lost. @throws when an earlier write failed */
    async moveTo(publishedTo: bigint): Promise<boolean> {
      position = publishedTo
      if (performance.now() < nextAt()) return true
      if (!(await writing)) return false
      begin()
      return true
    },
    /** Writes what is published, unless that was done. @throws when that, or an earlier write, failed or found the lease lost */
    async write(): Promise<void> {
      if ((await writing) && position !== writtenTo) begin()
      if (!(await writing)) throw new Error('the relay lease was taken over')
    },
    dueInMs: () => Math.max(1, nextAt() - performance.now()),
  }
}
