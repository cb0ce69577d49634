import { z } from 'zod'
import { readRows, row, type Database, type Transaction } from '#platform/database'
import { readOrderRows } from '../order-store.ts'
import type { OrderStatus } from '../state/order-states.ts'
import { catchUp } from '../stream/catch-up.ts'
import { toView } from './view.ts'

/** An order of a person, and whether their name and address are still needed for it. */
export interface OrderOfPerson {
  readonly id: string
  readonly status: OrderStatus
  readonly isOpen: boolean
  /** Placed with a key for tests. */
  readonly test: boolean
  readonly placedAt: Date
  readonly updatedAt: Date
}

const PersonsOrder = row({
  id: z.string(),
  status: z.string(),
  test: z.boolean(),
  placedAt: z.date(),
  updatedAt: z.date(),
})
const OPEN: ReadonlySet<string> = new Set(['placed', 'confirmed', 'shipped'])

/** Every order of a person, the oldest first. */
export async function ordersOfPerson(db: Database | Transaction, person: string): Promise<OrderOfPerson[]> {
  const rows = await readRows(db, PersonsOrder)`
    SELECT id, status, test, placed_at AS "placedAt", updated_at AS "updatedAt" FROM orders
    WHERE person = ${person}::uuid ORDER BY id`
  return rows.map(({ status, ...one }) => ({ ...one, status: status as OrderStatus, isOpen: OPEN.has(status) }))
}

/** Orders as the API shows them. */
export async function viewsOf(db: Database, orders: readonly OrderOfPerson[]) {
  const tests = new Map(orders.map(({ id, test }) => [id, test]))
  const found = await catchUp(db, await readOrderRows(db, [...tests.keys()]))
  return found.map((order) => toView(order, { test: tests.get(order.id)! }))
}
