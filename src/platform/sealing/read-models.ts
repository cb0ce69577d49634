import type { Database, Transaction } from '../database.ts'
import { forgottenAmong } from './keys.ts'

const LOCK = 'fanfare personal read models'

/** Until the transaction ends, nobody sweeps read models; waits for who does. To be called before it has locked anything else. */
export async function holdReadModels(tx: Transaction): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock_shared(hashtextextended(${LOCK}, 0))`
}

/**
 * For who writes into a read model what was made of the data of these persons, opened before.
 * @returns false when one of them was forgotten since: their data must be opened again. Otherwise whoever sweeps finds what is written
 */
export async function stillKnown(tx: Transaction, persons: readonly string[]): Promise<boolean> {
  await holdReadModels(tx)
  return (await forgottenAmong(tx, persons)).length === 0
}

/** Milliseconds that those who write at this moment, and the work itself, may take. */
const LONG_MS = 600_000

/** Does the work when all who write into read models what they opened before have committed; those who come later wait. */
export function sweepReadModels<T>(db: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  return db.$transaction(
    async (tx) => {
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${LOCK}, 0))`
      return work(tx)
    },
    { timeout: LONG_MS },
  )
}
