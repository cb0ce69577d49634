import type { Database, Transaction } from '#platform/database'

/** The messages redriven from these dead letters were handled: that is their end. */
export async function resolveRedriven(db: Database, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await db.$executeRaw`
    UPDATE dead_letters SET status = 'resolved', closed_at = clock_timestamp()
    WHERE id IN (SELECT id FROM dead_letters
      WHERE id = ANY(${[...ids]}::uuid[]) AND status IN ('open', 'redriven') ORDER BY id FOR UPDATE)`
}

/**
 * The messages redriven from these dead letters have died again and are about to be written as new ones. One that is
 * still open, because its redrive was interrupted after sending, gives way to its successor.
 * @returns those an operator has closed meanwhile: their stray copies leave no dead letter
 */
export async function succeed(tx: Transaction, parentIds: readonly string[]): Promise<Set<string>> {
  if (parentIds.length === 0) return new Set()
  const rows = await tx.$queryRaw<{ id: string; status: string }[]>`
    SELECT id, status FROM dead_letters WHERE id = ANY(${[...parentIds]}::uuid[]) ORDER BY id FOR UPDATE`
  const open = rows.filter(({ status }) => status === 'open').map(({ id }) => id)
  if (open.length > 0) {
    await tx.$executeRaw`
      UPDATE dead_letters SET status = 'redriven', closed_at = clock_timestamp() WHERE id = ANY(${open}::uuid[])`
  }
  return new Set(rows.filter(({ status }) => status === 'discarded' || status === 'edited').map(({ id }) => id))
}
