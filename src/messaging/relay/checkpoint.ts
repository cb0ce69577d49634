import type { Database, Transaction } from '#platform/database'
import { Prisma } from '#prisma'
import type { Lease } from '../lease/lease.ts'
import { relayPosition } from '../metrics.ts'
import type { RelayNeighbours } from './options.ts'
import type { Publishing } from './publish-events.ts'
import { RELAY, type RelayLease } from './relay-lease.ts'

/** Milliseconds from one checkpoint to the next. What is published and not noted when a relay dies is published again. */
const CHECKPOINT_MS = 50
/** The same while a queue is out of the way: each checkpoint then carries a request for its recovery. */
const CHECKPOINT_WITH_REQUEST_MS = 1_000

interface CheckpointOptions extends RelayLease, Pick<RelayNeighbours, 'requestRecovery'> {
  db: Database
  publishing: Pick<Publishing, 'takeMissed'>
}

/**
 * Writes checkpoints now and then, one behind the other. What a sick queue missed is requested for recovery in the same
 * transaction that lets the checkpoint pass it: neither a crash nor a recovery under way can come between them.
 */
export function createCheckpoint(options: CheckpointOptions) {
  const { db, lease, publishing, requestRecovery } = options
  let writing: Promise<boolean> = Promise.resolve(true)
  let { position } = options
  let writtenTo = position
  let dueAt = 0
  const writeWith = (missed: readonly string[]) =>
    db.$transaction(
      async (tx) => (await writeCheckpoint(lease, position, tx)) && (await requestRecovery(tx, missed), true),
    )
  const begin = () => {
    const missed = publishing.takeMissed()
    const before = writtenTo
    writtenTo = position
    dueAt = performance.now() + (missed.length > 0 ? CHECKPOINT_WITH_REQUEST_MS : CHECKPOINT_MS)
    writing = missed.length > 0 ? writeWith(missed) : writeCheckpoint(lease, position)
    writing.then(() => relayPosition.set(Number(writtenTo))).catch(() => (writtenTo = before)) // told of by the next write
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

/**
 * Asks, besides for the lease, that the sequence of positions has got as far: a primary that was promoted without the last
 * commits hands out their positions again.
 * @returns false when the lease has ended
 */
export async function writeCheckpoint(lease: Lease, to: bigint, tx?: Transaction): Promise<boolean> {
  const moved = await lease.write(
    Prisma.sql`
      UPDATE relay_checkpoints SET position = greatest(position, ${to}) FROM held
      WHERE relay_checkpoints.name = ${RELAY} AND (SELECT last_value FROM events_position_seq) >= ${to}`,
    tx,
  )
  if (!moved) lease.end('positions run backwards: what was published is beyond what the store has handed out')
  return moved
}
