import { setTimeout as wait } from 'node:timers/promises'
import { sqlStateOf, type Database, type Transaction } from '#platform/database'

/** Milliseconds that everybody else may have to wait behind a lock that is not to be had. */
const LOCK_MS = 300
const TRIES = 40
/** The same for every tenth try: PostgreSQL lets an autovacuum go on that is in the way of somebody for less than a second. */
const LONG_LOCK_MS = 1_500
const LONG_TRY = 10
/** Milliseconds between two tries, at most: in between, the others go on. */
const PAUSE_MS = 1_000

const TRANSACTION_MS = 30_000

const LOCK_NOT_AVAILABLE = '55P03'
const DEADLOCK = '40P01'

/**
 * A transaction that locks whole tables for a moment. Whoever comes while it waits for its locks waits behind it; so it gives
 * up soon and tries again, for about half a minute.
 * @param timeout milliseconds that the work may take once it has its locks
 * @throws what PostgreSQL says when the locks could not be had, such as beside a statement that takes minutes
 */
export async function lockShortly<Result>(
  db: Database,
  work: (tx: Transaction) => Promise<Result>,
  timeout = TRANSACTION_MS,
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await db.$transaction(
        async (tx) => {
          await tx.$executeRawUnsafe(`SET LOCAL lock_timeout = ${tries % LONG_TRY === 0 ? LONG_LOCK_MS : LOCK_MS}`)
          return await work(tx)
        },
        { timeout },
      )
    } catch (error) {
      const isBusy = [LOCK_NOT_AVAILABLE, DEADLOCK].includes(sqlStateOf(error) ?? '')
      if (!isBusy || tries === TRIES) throw error
    }
    await wait(Math.random() * PAUSE_MS)
  }
}
