import { z } from 'zod'
import { readRow, row, type Database, type Transaction } from '#platform/database'

const Checkpoint = row({ position: z.bigint().nullable() })

/** The relay's checkpoint: what lies above it may not have been published yet. */
export async function relayCheckpoint(db: Database | Transaction): Promise<bigint> {
  const { position } = await readRow(db, Checkpoint)`SELECT max(position) AS position FROM relay_checkpoints`
  return position ?? 0n
}
