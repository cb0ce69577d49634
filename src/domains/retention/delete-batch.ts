import { z } from 'zod'
import { PIECES } from '#domains/inventory'
import { readRows, row, type Database, type Transaction } from '#platform/database'
import { Prisma } from '#prisma'
import { dueAmong } from './due.ts'
import type { OrderTable } from './tables.ts'

interface Batch {
  ids: readonly string[]
  before: Date
  tables: readonly OrderTable[]
  /** The row of operator_actions that says who deletes, and why. */
  actionId: string
}

/**
 * Deletes what is left of these orders, in one transaction: all rows of an order go with the note that it is deleted and with what they have
 * added to sums, or none does.
 *
 * Races: whoever changes something of an order locks one of its rows, and the row of its stream last. Here the rows are locked first, the
 * streams last, and only then it is looked again whether the order may go. One that somebody is changing is left for the next call.
 * @returns how many were deleted
 */
export function deleteBatch(db: Database, { ids, before, tables, actionId }: Batch): Promise<number> {
  return db.$transaction(async (tx) => {
    const locked = await lock(tx, ids, tables)
    const due = await dueAmong(tx, before, locked)
    if (due.length === 0) return 0
    await note(tx, due, actionId)
    await carryForward(tx, due)
    for (const { sql } of tables) await tx.$executeRaw`DELETE FROM ${sql} WHERE order_id = ANY(${due}::uuid[])`
    await tx.$executeRaw`DELETE FROM orders WHERE id = ANY(${due}::uuid[])`
    return due.length
  })
}

const IdRow = row({ id: z.string() })

async function lock(tx: Transaction, ids: readonly string[], tables: readonly OrderTable[]): Promise<string[]> {
  const rows = await readRows(tx, IdRow)`
    SELECT id FROM orders WHERE id = ANY(${[...ids]}::uuid[]) ORDER BY id FOR UPDATE SKIP LOCKED`
  const locked = rows.map(({ id }) => id)
  for (const { sql, isReadModel } of tables)
    if (!isReadModel)
      await tx.$executeRaw`SELECT FROM ${sql} WHERE order_id = ANY(${locked}::uuid[]) ORDER BY order_id FOR UPDATE`
  const streams = locked.map((id) => `order-${id}`)
  await tx.$executeRaw`SELECT FROM streams WHERE stream = ANY(${streams}::text[]) ORDER BY stream FOR UPDATE`
  return locked
}

/** First, for the ledger lets nothing go but what is of a deleted order. */
const note = (tx: Transaction, due: readonly string[], actionId: string) => tx.$executeRaw`
  INSERT INTO deleted_orders (order_id, client_id, test, person, status, placed_at, updated_at, action_id)
  SELECT id, client_id, test, person, status, placed_at, updated_at, ${actionId}::uuid FROM orders WHERE id = ANY(${[...due]}::uuid[])`

const carryForward = (tx: Transaction, due: readonly string[]) => tx.$executeRaw`
  WITH due AS (SELECT unnest(${[...due]}::uuid[]) AS order_id)
  INSERT INTO carried_forward AS c (account, key, entries, amount)
  SELECT account, key, count(*), sum(amount) FROM (${ADDENDS}) AS addend(account, key, amount)
  GROUP BY account, key ORDER BY account, key
  ON CONFLICT (account, key) DO UPDATE SET entries = c.entries + excluded.entries, amount = c.amount + excluded.amount`

/** What rows of the orders in `due` have added to stock, points, and the totals that are compared with those of the payment gateway. */
const ADDENDS = Prisma.sql`
  SELECT 'stock.shipped', sku, quantity::bigint FROM (${PIECES}) AS pieces JOIN due USING (order_id) WHERE place = 'shipped'
  UNION ALL
  SELECT 'loyalty.points', person, points FROM loyalty_orders JOIN due USING (order_id) WHERE person IS NOT NULL AND points <> 0
  UNION ALL
  SELECT 'money.' || kind, currency, greatest(abs(held), abs(taken)) FROM payment_ledger JOIN due USING (order_id)`
