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
  /** Seconds from the last kill to the last effect; 0 when none came after it. */
  lastEffectAfterS: number
  /** Median milliseconds from an order to its fourth effect, before the first kill; null without such an order. */
  calmMs: number | null
}

/** Moments of the database's clock. */
export interface Killing {
  firstKill: Date
  lastKill: Date
}

export async function countOrders(pool: pg.Pool, { firstKill, lastKill }: Killing): Promise<Counts> {
  const { rows } = await pool.query<Counts>(COUNT, [firstKill, lastKill])
  return rows[0]!
}

// The processes have just been started: the first second of orders before the kills is theirs to warm up.
const COUNT = `
WITH orders AS (SELECT id FROM peer_orders UNION SELECT id FROM peer_answered),
effects AS (SELECT order_id, reaction, count(*) AS times FROM peer_effects GROUP BY order_id, reaction),
done AS (SELECT order_id FROM effects GROUP BY order_id HAVING count(*) = 4),
calm AS (
  SELECT extract(epoch FROM at - placed_at)::float8 * 1000 AS ms FROM peer_orders JOIN peer_effects ON order_id = id
  WHERE reaction = 'confirm' AND placed_at < $1::timestamptz - interval '0.5 s'
    AND placed_at > (SELECT min(placed_at) FROM peer_orders) + interval '1 s'
)
SELECT count(*)::int AS placed, (count(*) FILTER (WHERE done.order_id IS NULL))::int AS "notDone",
  (SELECT coalesce(sum(times - 1), 0)::int FROM effects) AS doubled,
  (SELECT greatest(0, coalesce(extract(epoch FROM max(at) - $2), 0))::float8 FROM peer_effects) AS "lastEffectAfterS",
  (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) FROM calm) AS "calmMs"
FROM orders LEFT JOIN done ON done.order_id = orders.id`

export async function noteAnswered(pool: pg.Pool, ids: readonly string[]): Promise<void> {
  await pool.query('INSERT INTO peer_answered SELECT DISTINCT unnest($1::uuid[]) ON CONFLICT DO NOTHING', [ids])
}
