import { z } from 'zod'
import { readRow, readRows, row, type Database, type Transaction } from '#platform/database'
import { lockShortly } from '../event-store/partitions/lock-shortly.ts'
import { acquireLease, type Lease } from '../lease/lease.ts'
import { ArchiveRefused } from './refused.ts'

// Events that come from elsewhere are history here: the relay does not publish them, and no reaction is owed them.

const LEASE_MS = 15_000

/** @throws ArchiveRefused while a relay publishes */
export async function withoutRelay<Result>(
  { db, instance }: { db: Database; instance: string },
  work: (lease: Lease) => Promise<Result>,
): Promise<Result> {
  const begin = () => Promise.resolve()
  const acquired = await acquireLease({ db, name: 'relay', holder: instance, leaseMs: LEASE_MS, begin })
  if (!acquired)
    throw new ArchiveRefused('A relay publishes from this database at the moment: stop all processes first.')
  try {
    return await work(acquired.lease)
  } finally {
    await acquired.lease.release()
  }
}

const Published = row({ position: z.bigint() })

/**
 * Moves everything behind a position that this database has not come to, while nobody appends: what is stored up to there afterwards is history,
 * and an event of today gets a later position.
 * @throws ArchiveRefused where that would pass over events of this database
 */
export async function makeRoomUpTo(needs: { db: Database; instance: string }, position: bigint): Promise<void> {
  const published = await readRow(
    needs.db,
    Published,
  )`SELECT coalesce(max(position), 0)::bigint AS position FROM relay_checkpoints`
  if (published.position >= position) return
  await withoutRelay(needs, () =>
    lockShortly(needs.db, async (tx) => {
      await tx.$executeRaw`LOCK TABLE ONLY events IN SHARE MODE`
      await expectSettled(tx)
      await moveBehind(tx, position)
    }),
  )
}

const Owed = row({ reaction: z.string().nullable(), count: z.int() })

/** What is moved behind the imported events would pass over events that somebody still waits for. */
export async function expectSettled(db: Database | Transaction) {
  const [owed] = await readRows(db, Owed)`
    SELECT * FROM (
      SELECT NULL AS reaction, count(*)::int AS count FROM events WHERE position > (SELECT coalesce(max(position), 0) FROM relay_checkpoints)
      UNION ALL (
        SELECT s.reaction, count(*)::int FROM subscriptions s LEFT JOIN reconcile_state r ON r.reaction = s.reaction
        JOIN events e ON e.type = s.event_type AND e.position > greatest(s.since, coalesce(r.watermark, 0))
        WHERE NOT EXISTS (SELECT FROM handled_events h WHERE h.event_id = e.id AND h.reaction = s.reaction)
          AND NOT EXISTS (SELECT FROM deliveries d WHERE d.event_id = e.id AND d.reaction = s.reaction)
        GROUP BY s.reaction ORDER BY s.reaction)
    ) AS owed WHERE count > 0 LIMIT 1`
  if (!owed) return
  const events = owed.count === 1 ? '1 event' : `${owed.count} events`
  throw new ArchiveRefused(
    owed.reaction === null
      ? `${events} of this database ${owed.count === 1 ? 'is' : 'are'} not published yet: let the relay and the workers finish first.`
      : `${owed.reaction} has not handled ${events} of this database: let the workers finish first.`,
  )
}

/** What reads or gives positions goes on behind this one. */
export async function moveBehind(tx: Transaction, position: bigint) {
  await tx.$executeRaw`
    INSERT INTO relay_checkpoints AS r (name, position) VALUES ('relay', ${position})
    ON CONFLICT (name) DO UPDATE SET position = greatest(r.position, excluded.position)`
  await tx.$executeRaw`UPDATE subscriptions SET since = greatest(since, ${position})`
  await tx.$executeRaw`
    SELECT setval('events_position_seq', ${position}::bigint)
    WHERE ${position}::bigint > (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM events_position_seq)`
}
