import { setTimeout as wait } from 'node:timers/promises'
import type { OpenDatabase } from '#platform/database'

interface Open {
  unrelayed: number
  unhandled: number
  orders: number
  unprojected: number
}

/** Waits until nothing is under way any more. @returns what still was when the time was over; undefined when settled */
export async function settle({ db }: OpenDatabase, withinMs: number): Promise<Open | undefined> {
  const end = performance.now() + withinMs
  for (;;) {
    const open = await whatIsOpen(db)
    if (open.unrelayed + open.unhandled + open.orders + open.unprojected === 0) return undefined
    if (performance.now() > end) return open
    await wait(250)
  }
}

/** A message that was given up is no longer under way. */
async function whatIsOpen(db: OpenDatabase['db']): Promise<Open> {
  const [row] = await db.$queryRaw<Open[]>`
    WITH unhandled AS MATERIALIZED (
      SELECT e.correlation_id, EXISTS (
        SELECT FROM deliveries l WHERE l.event_id = e.id AND l.reaction = s.reaction AND l.state = 'dead') AS dead
      FROM events e JOIN subscriptions s ON s.event_type = e.type AND e.position > s.since
      WHERE NOT EXISTS (SELECT FROM handled_events d WHERE d.event_id = e.id AND d.reaction = s.reaction)
    )
    SELECT
      (SELECT count(*)::int FROM events WHERE position > (SELECT coalesce(max(position), 0) FROM relay_checkpoints)) AS unrelayed,
      (SELECT count(*)::int FROM unhandled WHERE NOT dead) AS unhandled,
      (SELECT count(*)::int FROM orders WHERE status IN ('placed', 'confirmed')
        AND id::text NOT IN (SELECT correlation_id FROM unhandled WHERE dead)) AS orders,
      (SELECT count(*)::int FROM projections
        WHERE position < (SELECT coalesce(max(position), 0) FROM events)) AS unprojected`
  return row!
}
