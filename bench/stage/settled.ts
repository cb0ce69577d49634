import { setTimeout as wait } from 'node:timers/promises'
import type { BenchDatabase } from './databases.ts'

export interface Ended {
  /** When the last reaction was done, in milliseconds since 1970. */
  at: number
  events: number
  deliveries: number
  deadLetters: number
}

export interface Settling {
  /** Reactions that do not run. */
  ignored?: (reaction: { name: string }) => boolean
  /** Only events after this position are looked at and counted, whatever lies before them. @default 0 */
  after?: bigint
}

interface Count {
  name: string
  count: number
}

/** Waits until every event is published and every reaction has handled what it is on. */
export async function untilSettled(database: BenchDatabase, withinS: number, settling: Settling = {}): Promise<Ended> {
  const { ignored = () => false, after = 0n } = settling
  const end = performance.now() + withinS * 1_000
  for (;;) {
    const asked = performance.now()
    if ((await isPublished(database)) && (await isHandled(database, ignored, after))) return endOf(database, after)
    if (performance.now() > end) throw new Error(`not settled within ${withinS} s`)
    await wait(Math.max(500, 20 * (performance.now() - asked))) // so that asking takes little from what is measured
  }
}

/** The last position that was drawn for an event. */
export async function lastPosition({ pool }: BenchDatabase): Promise<bigint> {
  const { rows } = await pool.query<{ last: string }>('SELECT coalesce(max(position), 0) AS last FROM events')
  return BigInt(rows[0]!.last)
}

async function isPublished({ pool }: BenchDatabase): Promise<boolean> {
  const { rows } = await pool.query<{ published: boolean }>(
    `SELECT coalesce((SELECT max(position) FROM events), 0) <= coalesce((SELECT position FROM relay_leases), 0) AS published`,
  )
  return rows[0]!.published
}

async function isHandled({ pool, db }: BenchDatabase, ignored: NonNullable<Settling['ignored']>, after: bigint) {
  const counted = async (sql: string) => (await pool.query<Count>(sql, [String(after)])).rows
  const stored = countsOf(
    await counted('SELECT type AS name, count(*)::int FROM events WHERE position > $1 GROUP BY type'),
  )
  const handled = countsOf([
    ...(await counted(`SELECT reaction AS name, count(*)::int ${DELIVERIES} GROUP BY reaction`)),
    ...(await counted(
      "SELECT reaction AS name, count(*)::int FROM deliveries JOIN events e ON e.id = event_id WHERE state = 'dead' AND position > $1 GROUP BY reaction",
    )),
  ])
  const expected = new Map<string, number>()
  for (const { reaction, eventType } of await db.subscription.findMany())
    expected.set(reaction, (expected.get(reaction) ?? 0) + (stored.get(eventType) ?? 0))
  return [...expected].every(([name, count]) => ignored({ name }) || (handled.get(name) ?? 0) >= count)
}

/** Ledger rows of events after $1: by way of the events, so that old ones cost nothing. */
const DELIVERIES = 'FROM events e JOIN handled_events d ON d.event_id = e.id WHERE e.position > $1'

function countsOf(rows: readonly Count[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { name, count } of rows) counts.set(name, (counts.get(name) ?? 0) + count)
  return counts
}

async function endOf({ pool }: BenchDatabase, after: bigint): Promise<Ended> {
  const { rows } = await pool.query<Ended>(
    `SELECT coalesce(extract(epoch FROM max(handled_at))::float8 * 1000, 0) AS at, count(*)::int AS deliveries,
      (SELECT count(*)::int FROM events WHERE position > $1) AS events,
      (SELECT count(*)::int FROM deliveries WHERE state = 'dead') AS "deadLetters" ${DELIVERIES}`,
    [String(after)],
  )
  return rows[0]!
}
