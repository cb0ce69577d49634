import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import { Prisma } from '#prisma'
import { oldOrders, OBSTACLES, type Obstacle } from './due.ts'
import { tablesOfOrders, type OrderTable } from './tables.ts'

export interface DeletionPlan {
  readonly before: Date
  /** Orders that would go. */
  readonly orders: number
  /** Their rows; bytes without those of indexes. */
  readonly tables: readonly { readonly name: string; readonly rows: number; readonly bytes: number }[]
  /** Orders that are old enough and stay, by the reason. */
  readonly kept: Readonly<Partial<Record<Obstacle, number>>>
}

const KeptRow = row({ obstacle: z.enum(Object.keys(OBSTACLES) as [Obstacle, ...Obstacle[]]), orders: z.int() })
const SizeRow = row({ name: z.string(), rows: z.number(), bytes: z.number() })

/** What would go of the orders to which nothing has happened since, and what stays. Reads all of it. */
export async function planDeletion(db: Database, before: Date): Promise<DeletionPlan> {
  const kept = await readRows(db, KeptRow)`
    SELECT obstacle, count(*)::int AS orders FROM (${oldOrders(before)}) AS old WHERE obstacle IS NOT NULL GROUP BY obstacle ORDER BY 2 DESC`
  const sizes = (await tablesOfOrders(db)).map(sizeOf)
  const tables = await readRows(db, SizeRow)`
    WITH due AS MATERIALIZED (SELECT id FROM (${oldOrders(before)}) AS old WHERE obstacle IS NULL)
    SELECT 'orders' AS name, count(*)::float8 AS rows, coalesce(sum(pg_column_size(t)), 0)::float8 AS bytes
    FROM orders t WHERE t.id IN (SELECT id FROM due) UNION ALL ${Prisma.join(sizes, ' UNION ALL ')}`
  const orders = tables.find(({ name }) => name === 'orders')!.rows
  return { before, orders, tables, kept: Object.fromEntries(kept.map((one) => [one.obstacle, one.orders])) }
}

const sizeOf = ({ name, sql }: OrderTable) => Prisma.sql`
  SELECT ${name}, count(*)::float8, coalesce(sum(pg_column_size(t)), 0)::float8 FROM ${sql} t WHERE t.order_id IN (SELECT id FROM due)`
