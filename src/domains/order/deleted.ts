import { z } from 'zod'
import { Refusal } from '#http'
import { readRows, row, type Database, type Transaction } from '#platform/database'
import { Prisma } from '#prisma'
import { ORDER_STATUSES } from './state/order-states.ts'

/** An order of which nothing is left in the database but this note, and its events in archives. */
export type DeletedOrder = z.infer<typeof DeletedRow>
const DeletedRow = row({
  id: z.string(),
  clientId: z.string(),
  status: z.enum(ORDER_STATUSES),
  placedAt: z.date(),
  updatedAt: z.date(),
  deletedAt: z.date(),
  /** Who wanted it, and why. */
  by: z.string(),
  why: z.string(),
})

const deletedOrders = (db: Database | Transaction, which: Prisma.Sql): Promise<DeletedOrder[]> =>
  readRows(db, DeletedRow)`
    SELECT d.order_id AS id, client_id AS "clientId", status, placed_at AS "placedAt", updated_at AS "updatedAt",
      deleted_at AS "deletedAt", coalesce(a.operator, '') AS by, coalesce(a.reason, '') AS why
    FROM deleted_orders d LEFT JOIN operator_actions a ON a.action_id = d.action_id AND a.phase = 'begun'
    WHERE ${which} ORDER BY d.order_id`

/** The note of an order that was deleted. */
export async function findDeleted(db: Database | Transaction, id: string): Promise<DeletedOrder | undefined> {
  const [deleted] = await deletedOrders(db, Prisma.sql`d.order_id = ${id}::uuid`)
  return deleted
}

/** The deleted orders of a person, the oldest first. */
export const deletedOrdersOfPerson = (db: Database | Transaction, person: string) =>
  deletedOrders(db, Prisma.sql`d.person = ${person}::uuid`)

/**
 * Says of an order without a row whether it was deleted.
 * @param shows whether it may be told of
 * @throws Refusal always: `order-deleted` or `order-not-found`
 */
export async function missingOrder(
  db: Database | Transaction,
  id: string,
  shows: (deleted: DeletedOrder) => boolean = () => true,
): Promise<never> {
  const deleted = await findDeleted(db, id)
  if (!deleted || !shows(deleted)) throw orderNotFound(id)
  const sentence = `The order ${id} was deleted on ${deleted.deletedAt.toISOString().slice(0, 10)}, for the time was over for which orders are kept.`
  throw new Refusal('gone', 'order-deleted', sentence)
}

export const orderNotFound = (id: string) => new Refusal('not-found', 'order-not-found', `There is no order ${id}.`)
