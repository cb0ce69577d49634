import { archivedAmong, readStream } from '#messaging'
import type { Database } from '#platform/database'
import { lockRows, updateOrders } from '../order-store.ts'
import { fold, readable } from '../state/fold.ts'
import { streamOf } from './catch-up.ts'

/**
 * Writes the row of an order anew, as its whole stream tells. What never changes after the placing (customer, address, lines, total) stays.
 * @returns false when its stream is not whole, or does not begin with its placing: nothing was changed
 */
export function refold(db: Database, id: string): Promise<boolean> {
  return db.$transaction(async (tx) => {
    const [row] = await lockRows(tx, [id])
    if (!row || (await archivedAmong(tx, [streamOf(id)])).size > 0) return false
    const order = fold(readable(await readStream(tx, streamOf(id))))
    if (order) await updateOrders(tx, [order])
    return order !== undefined
  })
}
