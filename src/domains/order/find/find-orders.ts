import { z } from 'zod'
import { Customer } from '#events'
import { readRows, row, type Database } from '#platform/database'
import { personOf } from '#platform/sealing'
import { linesOf } from '../order-store.ts'
import { openRows } from '../personal-columns.ts'
import { toLines, toSummary } from '../reading/view.ts'
import { ORDER_STATUSES } from '../state/order-states.ts'
import { readCursor, toCursor } from './cursor.ts'
import { wayOf, type OrderQuery } from './query.ts'
import { findStatement } from './statement.ts'

const SummaryRow = row({
  id: z.string(),
  number: z.string().nullable(),
  reference: z.string().nullable(),
  status: z.enum(ORDER_STATUSES),
  total: z.string(),
  currency: z.string(),
  placedAt: z.date(),
  updatedAt: z.date(),
  customer: Customer,
  sealed: z.string().nullable(),
})

/**
 * A page of a client's orders.
 * @throws Refusal `combination-not-supported` for filters that no index answers together
 */
export async function findOrders(db: Database, clientId: string, query: OrderQuery) {
  const { way, sort } = wayOf(query)
  const after = query.cursor === undefined ? undefined : readCursor(query.cursor, sort)
  const person = query.email === undefined ? undefined : await personOf(db, query.email)
  if (query.email !== undefined && person === undefined) return { orders: [], next: null }
  const found = await readRows(db, SummaryRow)`
    ${findStatement({ clientId, way, sort, query, person, after, limit: query.limit + 1 })}`
  const rows = found.slice(0, query.limit)
  const orders = await summariesOf(db, rows, query.expand?.includes('lines') ?? false)
  return { orders, next: found.length > query.limit ? toCursor(rows.at(-1)!, sort) : null }
}

async function summariesOf(db: Database, rows: readonly z.infer<typeof SummaryRow>[], withLines: boolean) {
  const opened = await openRows(db, rows)
  const ids = withLines ? rows.map(({ id }) => id) : []
  const lines = await linesOf(db, ids)
  return opened.map(({ total, currency, sealed: _, ...row }) => ({
    ...toSummary({ ...row, total: { amount: Number(total), currency } }),
    ...(withLines && { lines: toLines(lines.get(row.id) ?? []) }),
  }))
}
