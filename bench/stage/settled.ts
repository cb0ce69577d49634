import { setTimeout as wait } from 'node:timers/promises'
import type { BenchDatabase } from './databases.ts'

export interface Ended {
  /** When the last reaction was done, in milliseconds since 1970. */
  at: number
  events: number
  deliveries: number
  deadLetters: number
}

interface Count {
  name: string
  count: number
}

/**
 * Waits until every event is announced and every reaction has handled what it is on.
 * @param ignored reactions that do not run
 */
export async function untilSettled(
  database: BenchDatabase,
  withinS: number,
  ignored: (reaction: { name: string }) => boolean = () => false,
): Promise<Ended> {
  const end = performance.now() + withinS * 1_000
  for (;;) {
    if ((await isAnnounced(database)) && (await isHandled(database, ignored))) return endOf(database)
    if (performance.now() > end) throw new Error(`not settled within ${withinS} s`)
    await wait(200)
  }
}

/** Cheap, so that asking takes nothing away from what is measured. */
async function isAnnounced({ pool }: BenchDatabase): Promise<boolean> {
  const { rows } = await pool.query<{ announced: boolean }>(
    `SELECT coalesce((SELECT max(position) FROM events), 0) <= coalesce((SELECT position FROM relay_leases), 0) AS announced`,
  )
  return rows[0]!.announced
}

async function isHandled({ pool, db }: BenchDatabase, ignored: (reaction: { name: string }) => boolean) {
  const events = await pool.query<Count>('SELECT type AS name, count(*)::int FROM events GROUP BY type')
  const deliveries = await pool.query<Count>('SELECT worker AS name, count(*)::int FROM deliveries GROUP BY worker')
  const dead = await pool.query<Count>('SELECT worker AS name, count(*)::int FROM dead_letters GROUP BY worker')
  const stored = countsOf(events.rows)
  const handled = countsOf([...deliveries.rows, ...dead.rows])
  const expected = new Map<string, number>()
  for (const { worker, eventType } of await db.subscription.findMany())
    expected.set(worker, (expected.get(worker) ?? 0) + (stored.get(eventType) ?? 0))
  return [...expected].every(([name, count]) => ignored({ name }) || (handled.get(name) ?? 0) >= count)
}

function countsOf(rows: readonly Count[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { name, count } of rows) counts.set(name, (counts.get(name) ?? 0) + count)
  return counts
}

async function endOf({ pool }: BenchDatabase): Promise<Ended> {
  const { rows } = await pool.query<Ended>(`
    SELECT (SELECT extract(epoch FROM max(handled_at))::float8 * 1000 FROM deliveries) AS at,
      (SELECT count(*)::int FROM events) AS events, (SELECT count(*)::int FROM deliveries) AS deliveries,
      (SELECT count(*)::int FROM dead_letters) AS "deadLetters"`)
  return rows[0]!
}
