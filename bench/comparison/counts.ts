import type pg from 'pg'

/** What every peer writes, the same for all; `peer_answered` is filled from the notes of the producer. */
export const TABLES = `
CREATE TABLE peer_orders (id uuid PRIMARY KEY, status text NOT NULL DEFAULT 'placed', answers int NOT NULL DEFAULT 0, placed_at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE peer_effects (order_id uuid NOT NULL, reaction text NOT NULL, at timestamptz NOT NULL);
CREATE TABLE peer_answered (id uuid PRIMARY KEY)`

export interface Counts {
  /** Orders that are stored, or whose customer was told so. */
  placed: number
  /** Those of them that lack one of their four effects. */
  notDone: number
  /** Effects beyond the first of each order and reaction. */
  doubled: number
  /** Seconds from the given moment to the last effect; 0 when none came after it. */
  lastEffectAfterS: number
}

/** @param since a moment of the database's clock */
export async function countOrders(pool: pg.Pool, since: Date): Promise<Counts> {
  const { rows } = await pool.query<Counts>(COUNT, [since])
  return rows[0]!
}

const COUNT = `
WITH orders AS (SELECT id FROM peer_orders UNION SELECT id FROM peer_answered),
effects AS (SELECT order_id, reaction, count(*) AS times FROM peer_effects GROUP BY order_id, reaction),
done AS (SELECT order_id FROM effects GROUP BY order_id HAVING count(*) = 4)
SELECT count(*)::int AS placed, (count(*) FILTER (WHERE done.order_id IS NULL))::int AS "notDone",
  (SELECT coalesce(sum(times - 1), 0)::int FROM effects) AS doubled,
  (SELECT greatest(0, coalesce(extract(epoch FROM max(at) - $1), 0))::float8 FROM peer_effects) AS "lastEffectAfterS"
FROM orders LEFT JOIN done ON done.order_id = orders.id`

export async function noteAnswered(pool: pg.Pool, ids: readonly string[]): Promise<void> {
  await pool.query('INSERT INTO peer_answered SELECT DISTINCT unnest($1::uuid[]) ON CONFLICT DO NOTHING', [ids])
}
