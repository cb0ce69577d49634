import { z } from 'zod'
import { owns, type Caller } from '#http'
import { readRows, row, type Database, type Transaction } from '#platform/database'
import { missingOrder, orderNotFound } from './deleted.ts'

const OwnerRow = row({ clientId: z.string(), test: z.boolean() })

/**
 * Lets a caller at orders of its client alone.
 * @returns whose it is, and whether it is a test
 * @throws Refusal `order-deleted`; `order-not-found`, also where it is another client's: whether that exists is not told
 */
export async function expectOwned(db: Database, caller: Caller, id: string): Promise<z.infer<typeof OwnerRow>> {
  const [order] = await readRows(db, OwnerRow)`SELECT client_id AS "clientId", test FROM orders WHERE id = ${id}::uuid`
  if (!order) return missingOrder(db, id, (deleted) => owns(caller, deleted))
  if (!owns(caller, order)) throw orderNotFound(id)
  return order
}

const OwnedRow = row({ id: z.string(), clientId: z.string(), test: z.boolean() })
type Owned = z.infer<typeof OwnedRow>

/** Whose these orders are, by their ids; ids that are none of an order are missing. */
export async function ownersOf(
  db: Database | Transaction,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Owned>> {
  const rows = await readRows(db, OwnedRow)`
    SELECT id::text, client_id::text AS "clientId", test FROM orders WHERE id = ANY(${[...new Set(ids)]}::uuid[])`
  return new Map(rows.map((one) => [one.id, one]))
}
