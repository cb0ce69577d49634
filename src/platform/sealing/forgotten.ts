import { z } from 'zod'
import { readRows, row, type Database, type Transaction } from '../database.ts'
import { subjectOf } from './keys.ts'

/** Who wants somebody forgotten, and why. Neither may name the person: it is kept. */
export interface Forgetting {
  readonly email: string
  readonly by: string
  readonly reason?: string | undefined
}

const PersonRow = row({ person: z.string() })

/**
 * Destroys the key of a person: when the transaction has committed, nothing that was sealed with it can be opened. Waits for
 * transactions that seal with it at this moment. The same e-mail address is a new person from then on.
 * @returns the person; undefined when nothing is known of them
 */
export async function destroyKey(tx: Transaction, { email, by, reason = '' }: Forgetting): Promise<string | undefined> {
  const [gone] = await readRows(tx, PersonRow)`
    WITH gone AS (
      DELETE FROM personal_keys WHERE subject = ${subjectOf(email)} RETURNING person
    )
    INSERT INTO forgotten_persons (person, forgotten_at, forgotten_by, reason)
    SELECT person, clock_timestamp(), ${by}, nullif(${reason}, '') FROM gone
    RETURNING person`
  return gone?.person
}

/** The forgotten whose traces in read models were not taken away yet. */
export async function unsweptPersons(db: Database | Transaction): Promise<string[]> {
  const rows = await readRows(db, PersonRow)`
    SELECT person FROM forgotten_persons WHERE swept_at IS NULL ORDER BY forgotten_at`
  return rows.map(({ person }) => person)
}

export async function markSwept(tx: Transaction, persons: readonly string[]): Promise<void> {
  await tx.$executeRaw`
    UPDATE forgotten_persons SET swept_at = clock_timestamp() WHERE person = ANY(${[...persons]}::uuid[])`
}
