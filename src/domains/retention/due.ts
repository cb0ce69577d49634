import { z } from 'zod'
import { readRows, row, type Database, type Transaction } from '#platform/database'
import { firstIdSince } from '#platform/uuid'
import { Prisma } from '#prisma'

/** Why an old order has to stay. */
export const OBSTACLES = {
  'not-at-its-end': 'not at an end',
  'not-archived': 'with events that are not in an archive',
  'money-held': 'with money that is held, or a refund under way',
  'money-moved': 'with money that has moved since',
  disputed: 'with a dispute that is not closed',
  'delivery-open': 'with deliveries that are retried, blocked, held or dead',
  'webhook-waiting': 'with webhooks that wait',
} as const
export type Obstacle = keyof typeof OBSTACLES

/** Ids are by the clocks of processes, times by that of the database. */
const MARGIN_MS = 3_600_000

/** Of a row of orders with what hangs on it: the reason to stay; null of one that may go. Statuses that are not named here stay. */
const obstacle = (before: Date) => Prisma.sql`
  CASE WHEN o.status NOT IN ('rejected', 'cancelled', 'expired', 'returned', 'shipped', 'delivered') THEN 'not-at-its-end'
    WHEN s.archived IS NULL OR s.archived < s.version THEN 'not-archived'
    WHEN p.status IN ('authorized', 'failed') OR p.refunding <> 0
      OR EXISTS (SELECT FROM refunds r WHERE r.order_id = o.id AND r.status = 'requested') THEN 'money-held'
    WHEN p.updated_at >= ${before} THEN 'money-moved'
    WHEN (SELECT count(*) FILTER (WHERE e.kind = 'dispute-opened') > count(*) FILTER (WHERE e.kind = 'dispute-closed')
      FROM provider_events e WHERE e.order_id = o.id) THEN 'disputed'
    WHEN EXISTS (SELECT FROM deliveries d WHERE d.correlation_id = o.id::text AND d.state IN ('retrying', 'blocked', 'held', 'dead'))
      THEN 'delivery-open'
    WHEN EXISTS (SELECT FROM webhook_deliveries w WHERE w.order_id = o.id AND w.state = 'waiting') THEN 'webhook-waiting' END`

/** Old orders, with the columns `id` and `obstacle`. */
export const oldOrders = (before: Date) => Prisma.sql`
  SELECT o.id, ${obstacle(before)} AS obstacle
  FROM orders o LEFT JOIN payments p ON p.order_id = o.id LEFT JOIN streams s ON s.stream = 'order-' || o.id
  WHERE o.id < ${firstIdSince(before.getTime() + MARGIN_MS)}::uuid AND o.updated_at < ${before}`

export const BEFORE_ALL = '00000000-0000-0000-0000-000000000000'

const IdRow = row({ id: z.string() })

/** The next orders that may go, by id. */
export async function nextDue(db: Database, before: Date, after: string, limit: number): Promise<string[]> {
  const rows = await readRows(db, IdRow)`
    SELECT id FROM (${oldOrders(before)} AND o.id > ${after}::uuid) AS old WHERE obstacle IS NULL ORDER BY id LIMIT ${limit}`
  return rows.map(({ id }) => id)
}

export const isAnyDue = async (db: Database, before: Date) => (await nextDue(db, before, BEFORE_ALL, 1)).length > 0

/** Of these orders, those that may go. */
export async function dueAmong(tx: Transaction, before: Date, ids: readonly string[]): Promise<string[]> {
  const rows = await readRows(tx, IdRow)`
    SELECT id FROM (${oldOrders(before)} AND o.id = ANY(${[...ids]}::uuid[])) AS old WHERE obstacle IS NULL`
  return rows.map(({ id }) => id)
}
