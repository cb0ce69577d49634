import { type Database } from '#platform/database'
import { tablesOfOrders } from './tables.ts'

/**
 * Takes deleted orders out of read models: one that was rebuilt from restored events has rows of them again.
 * @returns how many rows
 */
export async function sweepReadModels(db: Database): Promise<number> {
  const last = await db.deletedOrder.findFirst({ orderBy: { orderId: 'desc' } })
  if (!last) return 0
  let swept = 0
  // Beside deleted orders few are left of that time.
  for (const { sql, isReadModel } of await tablesOfOrders(db))
    if (isReadModel)
      swept += await db.$executeRaw`
        DELETE FROM ${sql} AS t WHERE t.order_id <= ${last.orderId}::uuid
          AND EXISTS (SELECT FROM deleted_orders d WHERE d.order_id = t.order_id)`
  return swept
}
