import { relayPosition } from '../metrics.ts'
import type { Lease } from './lease.ts'
import type { RelayNeighbours } from './options.ts'
import type { Publishing } from './publish-events.ts'

/** Milliseconds from one checkpoint to the next. What is published and not noted when a relay dies is published again. */
const CHECKPOINT_MS = 50
/** The same while a queue is out of the way: each checkpoint then carries a request for its recovery. */
const CHECKPOINT_WITH_REQUEST_MS = 1_000

/**
 * Writes checkpoints now and then, one behind the other. What a sick queue missed is requested for recovery in the same
 * transaction that lets the checkpoint pass it: neither a crash nor a recovery under way can come between them.
 */
export function createCheckpoint(lease: Lease, publishing: Publishing, { requestRecovery }: RelayNeighbours) {
  let writing: Promise<boolean> = Promise.resolve(true)
  let position = lease.position
  let writtenTo = lease.position
  let dueAt = 0
  const begin = () => {
    const missed = publishing.takeMissed()
    writtenTo = position
    dueAt = performance.now() + (missed.length > 0 ? CHECKPOINT_WITH_REQUEST_MS : CHECKPOINT_MS)
    writing = lease.advance(position, missed.length > 0 ? (tx) => requestRecovery(tx, missed) : undefined)
    writing.then(() => relayPosition.set(Number(writtenTo))).catch(() => {}) // looked at by the next write
  }
  return {
    /** @returns false when an earlier write found the lease lost. @throws when an earlier write failed */
    async moveTo(publishedTo: bigint): Promise<boolean> {
      position = publishedTo
      if (position === writtenTo || performance.now() < dueAt) return true
      if (!(await writing)) return false
      begin()
      return true
    },
    /** Writes what is published, unless that was done. @throws when that, or an earlier write, failed or found the lease lost */
    async write(): Promise<void> {
      if ((await writing) && position !== writtenTo) begin()
      if (!(await writing)) throw new Error(`the relay's lease has ended: ${lease.ended}`)
    },
    /** Milliseconds until there is something to write. */
    dueInMs: () => (position === writtenTo ? Infinity : Math.max(1, dueAt - performance.now())),
  }
}
