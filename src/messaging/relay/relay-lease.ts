import { z } from 'zod'
import { readRow, row, type Transaction } from '#platform/database'
import { acquireLease, type Lease } from '../lease/lease.ts'
import type { RelayNeighbours, RelayOptions } from './options.ts'

/** Milliseconds without renewal after which another relay takes over. */
export const LEASE_MS = 3_000
export const RELAY = 'relay'

/** The right to publish, for one relay at a time, and the checkpoint to go on from. */
export interface RelayLease {
  lease: Lease
  position: bigint
}

/**
 * Undefined when another relay holds it. When the store is another one than the last holder knew (failed over or restored),
 * recovery is requested for every reaction, in the transaction that takes the lease. The store is also another one when the
 * checkpoint is beyond the positions that it has handed out: it will hand them out again, to other events.
 */
export async function acquireRelayLease(
  options: Pick<RelayOptions & RelayNeighbours, 'db' | 'instance'> & {
    onOtherStore(tx: Transaction, found: { reason: string; checkpoint: bigint }): Promise<unknown>
  },
): Promise<RelayLease | undefined> {
  const { db, instance, onOtherStore } = options
  const begin = async (tx: Transaction, otherStore: string | undefined) => {
    const { position, drawn } = await readCheckpoint(tx)
    const runsBackwards = position > drawn
    const checkpoint = runsBackwards ? await resetCheckpoint(tx) : position
    const reason = runsBackwards
      ? `positions run backwards: published up to ${position}, drawn up to ${drawn}`
      : otherStore
    if (reason) await onOtherStore(tx, { reason, checkpoint })
    return checkpoint
  }
  const acquired = await acquireLease({ db, name: RELAY, holder: instance, leaseMs: LEASE_MS, begin })
  return acquired && { lease: acquired.lease, position: acquired.found }
}

const Checkpoint = row({ position: z.bigint() })
const CheckpointAndDrawn = Checkpoint.extend({ drawn: z.bigint() })

/** @returns also the last position that was handed out */
async function readCheckpoint(tx: Transaction) {
  await tx.$executeRaw`INSERT INTO relay_checkpoints (name) VALUES (${RELAY}) ON CONFLICT DO NOTHING`
  return readRow(tx, CheckpointAndDrawn)`
    SELECT position, (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM events_position_seq) AS drawn
    FROM relay_checkpoints WHERE name = ${RELAY}`
}

/** To the last of the events that are there, once those who are appending have ended: nobody may commit below it afterwards. */
async function resetCheckpoint(tx: Transaction): Promise<bigint> {
  await tx.$executeRaw`SET LOCAL lock_timeout = '2s'`
  await tx.$executeRaw`LOCK TABLE events IN SHARE MODE`
  const { position } = await readRow(tx, Checkpoint)`
    UPDATE relay_checkpoints SET position = (SELECT coalesce(max(position), 0) FROM events)
    WHERE name = ${RELAY} RETURNING position`
  return position
}
