import { z } from 'zod'
import { readRows, row, type Database, type Transaction } from '#platform/database'
import { Prisma } from '#prisma'

/** A table with rows of orders. */
export interface OrderTable {
  /** As the plan names it. */
  readonly name: string
  /** In a statement. */
  readonly sql: Prisma.Sql
  /** Of a projection, whose rows nobody locks. */
  readonly isReadModel: boolean
}

/** Others forget these within 90 days, long before an order is old: journal of mails, keys of requests, webhooks. */
const FORGOTTEN_BEFORE = ['sent_mails', 'idempotency_keys', 'webhook_deliveries']

const TableRow = row({ schema: z.string(), name: z.string(), sql: z.string() })

/**
 * Every table with a column order_id (uuid), be it of a domain or of a projection, also of one that is being rebuilt: a new one need not be
 * named. That of the orders themselves has none.
 */
export async function tablesOfOrders(db: Database | Transaction): Promise<OrderTable[]> {
  const rows = await readRows(db, TableRow)`
    SELECT n.nspname AS schema, c.relname AS name, format('%I.%I', n.nspname, c.relname) AS sql
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE a.attname = 'order_id' AND a.atttypid = 'uuid'::regtype AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND (n.nspname = current_schema() OR n.nspname LIKE 'projection\\_%')
      AND c.relname <> ALL(${[...FORGOTTEN_BEFORE, 'deleted_orders']}::text[])
    ORDER BY n.nspname, c.relname`
  return rows.map(({ schema, name, sql }) => {
    const isReadModel = schema.startsWith('projection_')
    return { name: isReadModel ? `${schema}.${name}` : name, sql: Prisma.raw(sql), isReadModel }
  })
}
