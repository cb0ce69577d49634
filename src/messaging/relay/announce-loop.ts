import { relayPosition } from '../metrics.ts'
import { announce, keepTopology } from './announce.ts'
import { createGapReader } from './gap-reader.ts'
import { LEASE_MS, type Lease } from './lease.ts'
import { readEvents, runningAppenders } from './read-events.ts'
import type { RelayOptions } from './options.ts'

/** Milliseconds until a gap is looked at again; it lasts from drawing a position to the commit. */
const GAP_MS = 5
/** Milliseconds after which a gap is looked into with more than its snapshot. */
const LASTING_GAP_MS = 100
const RENEW_MS = LEASE_MS / 3

export interface LoopOptions extends Required<RelayOptions> {
  lease: Lease
  signal: AbortSignal
  /** Waits, or until there is news. */
  pause: (ms: number) => Promise<void>
  /** Looks after a broker that lost messages. */
  heal: (checkpointWritten: () => Promise<unknown>) => Promise<void>
}

/**
 * Announces what stands in the event store from the checkpoint on, until the lease or the process ends.
 *
 * What can overlap does: while the broker confirms one read, the next one is under way, and a checkpoint is being written
 * while its successors are published. At most one of each, and a checkpoint never runs ahead of the confirms.
 */
export async function announceLoop(options: LoopOptions): Promise<void> {
  const { db, broker, log, lease, signal, readSize, pollMs, pause, heal } = options
  const gaps = createGapReader()
  const topology = keepTopology(options)
  const checkpoint = createCheckpoint(lease)
  let announcedTo = lease.position
  let ahead: ReturnType<typeof readEvents> | undefined
  let gapSince: number | undefined
  while (!signal.aborted) {
    await heal(checkpoint.written)
    const { rows, snapshot } = await (ahead ?? readEvents(db, announcedTo, readSize))
    ahead = undefined
    const reading = gaps.next(announcedTo, rows, snapshot)
    if (!lease.isSure) return log.warn('relay lease ran out, standing by')
    const news = reading.position > announcedTo && !broker.publishingPaused
    if (news) {
      if (rows.length === readSize && !reading.waiting) ahead = readEvents(db, reading.position, readSize)
      ahead?.catch(() => {}) // looked at in the next round
      await announce(reading.rows, topology, options)
      announcedTo = reading.position
    }
    if (!(await checkpoint.moveTo(announcedTo))) return log.warn('relay lease was taken over, standing by')
    gapSince = reading.waiting ? (gapSince ?? performance.now()) : undefined
    if (gapSince && performance.now() - gapSince > LASTING_GAP_MS) gaps.noteAppenders(await runningAppenders(db))
    if (reading.waiting) await pause(GAP_MS)
    else if (!ahead) await pause(Math.min(pollMs, RENEW_MS))
  }
  await checkpoint.written()
}

/** Writes checkpoints one behind the other, without waiting for the last one; renews the lease when nothing moves. */
function createCheckpoint(lease: Lease) {
  let writing: Promise<boolean> = Promise.resolve(true)
  let writtenTo = lease.position
  let renewAt = performance.now() + RENEW_MS
  return {
    /** @returns false when an earlier write found the lease lost. @throws when an earlier write failed */
    async moveTo(position: bigint): Promise<boolean> {
      if (position === writtenTo && performance.now() < renewAt) return true
      if (!(await writing)) return false
      writtenTo = position
      renewAt = performance.now() + RENEW_MS
      writing = lease.advance(position)
      writing.then(() => relayPosition.set(Number(position))).catch(() => {}) // looked at by the next write
      return true
    },
    written: () => writing,
  }
}
