import { setTimeout as wait } from 'node:timers/promises'
import type { BenchDatabase } from './databases.ts'

export interface Settled {
  /** When the last reaction was done, in milliseconds since 1970. */
  at: number
  events: number
  handled: number
}

/**
 * Waits until every event after a position is published and handled by every reaction that is on it.
 * @throws when a message became a dead letter
 */
export async function untilSettled({ pool }: BenchDatabase, after: bigint, withinS = 300): Promise<Settled> {
  const end = performance.now() + withinS * 1_000
  for (;;) {
    const asked = performance.now()
    const { rows } = await pool.query<Settled & { published: boolean; expected: number; dead: number }>(COUNT, [after])
    const { published, expected, dead, ...settled } = rows[0]!
    if (dead > 0) throw new Error(`${dead} messages became dead letters`)
    if (published && settled.handled >= expected) return settled
    if (performance.now() > end)
      throw new Error(`${settled.handled} of ${expected} messages handled within ${withinS} s`)
    await wait(Math.max(500, 20 * (performance.now() - asked))) // so that asking takes little from what is measured
  }
}

const COUNT = `
WITH new AS MATERIALIZED (SELECT id, type FROM events WHERE position > $1),
handled AS (SELECT handled_at FROM new JOIN handled_events ON event_id = id)
SELECT coalesce((SELECT max(position) FROM events), 0) <= coalesce((SELECT position FROM relay_checkpoints), 0) AS published,
  (SELECT count(*)::int FROM new JOIN subscriptions ON event_type = type) AS expected,
  (SELECT count(*)::int FROM new) AS events,
  (SELECT count(*)::int FROM handled) AS handled,
  (SELECT coalesce(extract(epoch FROM max(handled_at))::float8 * 1000, 0) FROM handled) AS at,
  (SELECT count(*)::int FROM deliveries WHERE state = 'dead') AS dead`

/** Of the event store. */
export async function lastPosition({ pool }: BenchDatabase): Promise<bigint> {
  const { rows } = await pool.query<{ last: string }>('SELECT coalesce(max(position), 0) AS last FROM events')
  return BigInt(rows[0]!.last)
}
