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
}

export async function countOrders(pool: pg.Pool): Promise<Counts> {
  const { rows } = await pool.query<Counts>(COUNT)
  return rows[0]!
}

const COUNT = `
WITH orders AS (SELECT id FROM peer_orders UNION SELECT id FROM peer_answered),
effects AS (SELECT order_id, reaction, count(*) AS times FROM peer_effects GROUP BY order_id, reaction),
done AS (SELECT order_id FROM effects GROUP BY order_id HAVING count(*) = 4)
SELECT count(*)::int AS placed, (count(*) FILTER (WHERE done.order_id IS NULL))::int AS "notDone",
  (SELECT coalesce(sum(times - 1), 0)::int FROM effects) AS doubled
FROM orders LEFT JOIN done ON done.order_id = orders.id`

export interface Progress {
  placed: number
  confirmed: number
  /** From the first order to the last fourth effect so far. */
  seconds: number
  /** The median order's, from being stored to its fourth effect. */
  orderMs: number
}

export async function progressOf(pool: pg.Pool): Promise<Progress> {
  const { rows } = await pool.query<Progress>(PROGRESS)
  return rows[0]!
}

const PROGRESS = `
SELECT (SELECT count(*)::int FROM peer_orders) AS placed, count(*)::int AS confirmed,
  extract(epoch FROM max(at) - (SELECT min(placed_at) FROM peer_orders))::float8 AS seconds,
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM at - placed_at)::float8 * 1000) AS "orderMs"
FROM peer_effects JOIN peer_orders ON id = order_id WHERE reaction = 'confirm'`

export async function noteAnswered(pool: pg.Pool, ids: readonly string[]): Promise<void> {
  await pool.query('INSERT INTO peer_answered SELECT DISTINCT unnest($1::uuid[]) ON CONFLICT DO NOTHING', [ids])
}
