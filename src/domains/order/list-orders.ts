import type { Database } from '#platform/database'
import { Refusal } from '#http'
import type { OrderStatus } from './state/order-states.ts'
import type { Order } from './state/order.ts'
import { toSummary } from './view.ts'

interface Page {
  status?: OrderStatus | undefined
  cursor?: string | undefined
  limit: number
}

/** A page of orders, the newest first. The cursor is the last id of the page before, so new orders shift nothing. */
export async function listOrders(db: Database, { status, cursor, limit }: Page) {
  const rows = await db.order.findMany({
    where: { ...(status && { status }), ...(cursor && { id: { lt: readCursor(cursor) } }) },
    orderBy: { id: 'desc' },
    take: limit + 1,
    select: { id: true, status: true, total: true, currency: true, placedAt: true, updatedAt: true, customer: true },
  })
  const page = rows.slice(0, limit).map(({ total, currency, customer, status, ...row }) =>
    toSummary({
      ...row,
      status: status as OrderStatus,
      total: { amount: Number(total), currency },
      customer: customer as Order['customer'],
    }),
  )
  return { orders: page, next: rows.length > limit ? toCursor(page.at(-1)!.id) : null }
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
