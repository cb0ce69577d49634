import { z } from 'zod'
import { Customer } from '#events'
import { readRows, row, type Database } from '#platform/database'
import { Refusal } from '#http'
import { openRows } from '../personal-columns.ts'
import { ORDER_STATUSES, type OrderStatus } from '../state/order-states.ts'
import { toSummary } from './view.ts'

interface Page {
  status?: OrderStatus | undefined
  cursor?: string | undefined
  limit: number
}

/** A page of a client's orders, the newest first. The cursor is the last id of the page before, so new orders shift nothing. */
export async function listOrders(db: Database, clientId: string, { status, cursor, limit }: Page) {
  const rows = await newestOf(db, clientId, {
    statuses: status ? [status] : ORDER_STATUSES,
    before: cursor ? readCursor(cursor) : AFTER_ALL,
    limit: limit + 1,
  })
  const opened = await openRows(db, rows.slice(0, limit))
  const page = opened.map(({ total, currency, customer, status, sealed: _, ...row }) =>
    toSummary({
      ...row,
      status,
      total: { amount: Number(total), currency },
      customer,
    }),
  )
  return { orders: page, next: rows.length > limit ? toCursor(page.at(-1)!.id) : null }
}

/** No id is below or above these. */
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000'
const AFTER_ALL = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

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

interface Wanted {
  statuses: readonly OrderStatus[]
  before: string
  limit: number
}

/**
 * The newest of each state, and of those the newest: one index serves lists of one state and of all. Rows are compared as a whole,
 * because no other index can do that: a planner that thinks most orders are this client's would walk through everybody's.
 */
function newestOf(db: Database, clientId: string, { statuses, before, limit }: Wanted) {
  return readRows(db, SummaryRow)`
    SELECT o.id, o.number, o.reference, o.status, o.total::text, o.currency, o.placed_at AS "placedAt", o.updated_at AS "updatedAt", o.customer, o.sealed
    FROM unnest(${[...statuses]}::text[]) AS wanted(status)
    CROSS JOIN LATERAL (
      SELECT * FROM orders WHERE (client_id, status, id) < (${clientId}::uuid, wanted.status, ${before}::uuid)
        AND (client_id, status, id) > (${clientId}::uuid, wanted.status, ${BEFORE_ALL}::uuid)
      ORDER BY client_id DESC, status DESC, id DESC LIMIT ${limit}
    ) AS o
    ORDER BY o.id DESC LIMIT ${limit}`
}

const toCursor = (id: string) => Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')

function readCursor(cursor: string): string {
  const hex = Buffer.from(cursor, 'base64url').toString('hex')
  const parts = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/.exec(hex)
  if (parts) return parts.slice(1).join('-')
  throw new Refusal('invalid', 'validation-failed', 'The cursor is not one that this API has given out.', {
    faults: [{ parameter: 'cursor', detail: 'must be the `next` of an earlier page' }],
  })
}
