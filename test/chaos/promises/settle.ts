import { setTimeout as wait } from 'node:timers/promises'
import type { OpenDatabase } from '#platform/database'
import type { World } from '../subject.ts'

interface Open {
  unrelayed: number
  unhandled: number
  /** Orders, trips: what the system is for. */
  unfinished: number
  unprojected: number
}

/** Waits until nothing is under way any more. @returns what still was when the time was over; undefined when settled */
export async function settle(
  { database: { db }, subject }: Pick<World, 'database' | 'subject'>,
  withinMs: number,
): Promise<Open | undefined> {
  const end = performance.now() + withinMs
  for (;;) {
    const open = { ...(await whatIsOpen(db)), unfinished: await subject.open(db) }
    if (open.unrelayed + open.unhandled + open.unfinished + open.unprojected === 0) return undefined
    if (performance.now() > end) return open
    await wait(250)
  }
}

/** A message that was given up is no longer under way. */
async function whatIsOpen(db: OpenDatabase['db']): Promise<Omit<Open, 'unfinished'>> {
  const [row] = await db.$queryRaw<Omit<Open, 'unfinished'>[]>`
    WITH unhandled AS MATERIALIZED (
      SELECT EXISTS (
        SELECT FROM deliveries l WHERE l.event_id = e.id AND l.reaction = s.reaction AND l.state = 'dead') AS dead
      FROM events e JOIN subscriptions s ON s.event_type = e.type AND e.position > s.since
      WHERE NOT EXISTS (SELECT FROM handled_events d WHERE d.event_id = e.id AND d.reaction = s.reaction)
    )
    SELECT
      (SELECT count(*)::int FROM events WHERE position > (SELECT coalesce(max(position), 0) FROM relay_checkpoints)) AS unrelayed,
      (SELECT count(*)::int FROM unhandled WHERE NOT dead) AS unhandled,
      (SELECT count(*)::int FROM projections
        WHERE position < (SELECT coalesce(max(position), 0) FROM events)) AS unprojected`
  return row!
}
