import { defineRoute, Refusal, type Route } from '#http'
import type { Database } from '#platform/database'
import { listBookings, type Kind, type StoredBooking } from '../bookings.ts'
import { BookingQuery, CorrectionPage, ReceiptPage, SkuPath, StockView } from '../schemas.ts'
import { toCorrection, toReceipt } from './booking-view.ts'

const tag = 'Stock'
const scope = 'catalog:write'

/** What was booked, and where the pieces are. */
export function lookingRoutes(db: Database): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/v1/stock/receipts',
      operationId: 'listStockReceipts',
      summary: 'Goods that have come in, the latest first',
      tag,
      scope,
      query: BookingQuery,
      example: { query: { sku: 'MUG-01' } },
      replies: { 200: { description: 'A page of receipts', schema: ReceiptPage } },
      async handle({ query }) {
        const { bookings, next } = await pageOf(db, 'receipt', query)
        return { status: 200, body: { receipts: bookings.map(toReceipt), next } }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/v1/stock/corrections',
      operationId: 'listStockCorrections',
      summary: 'Corrections of the stock, the latest first',
      tag,
      scope,
      query: BookingQuery,
      example: { query: { sku: 'MUG-01' } },
      replies: { 200: { description: 'A page of corrections', schema: CorrectionPage } },
      async handle({ query }) {
        const { bookings, next } = await pageOf(db, 'correction', query)
        return { status: 200, body: { corrections: bookings.map(toCorrection), next } }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/v1/products/{sku}/stock',
      operationId: 'getStock',
      summary: 'Where the pieces of a SKU are',
      description: 'A SKU of which nothing was ever booked has 0 of everything.',
      tag,
      scope,
      params: SkuPath,
      example: { params: { sku: 'MUG-01' } },
      replies: { 200: { description: 'The stock now', schema: StockView } },
      async handle({ params: { sku } }) {
        const stock = await db.stock.findUnique({ where: { sku } })
        return { status: 200, body: stock ?? { sku, received: 0, corrected: 0, onHand: 0, reserved: 0, shipped: 0 } }
      },
    }),
  ]
}

interface Query {
  sku?: string | undefined
  cursor?: string | undefined
  limit: number
}

async function pageOf(db: Database, kind: Kind, { sku, cursor, limit }: Query) {
  const after = cursor === undefined ? undefined : readCursor(cursor)
  const rows = await listBookings(db, kind, { sku, after, limit: limit + 1 })
  const bookings = rows.slice(0, limit)
  return { bookings, next: rows.length > limit ? toCursor(bookings.at(-1)!) : null }
}

const toCursor = ({ at, id }: Pick<StoredBooking, 'at' | 'id'>) =>
  Buffer.from(`${at.toISOString()} ${id}`).toString('base64url')

function readCursor(cursor: string): { at: Date; id: string } {
  const text = Buffer.from(cursor, 'base64url').toString('utf8')
  const [time = '', id = ''] = text.split(/ (.*)/su)
  const at = new Date(time)
  if (!Number.isNaN(at.getTime()) && !id.includes('\0') && toCursor({ at, id }) === cursor) return { at, id }
  throw new Refusal('invalid', 'validation-failed', 'The cursor is not one that this API has given out.', {
    faults: [{ parameter: 'cursor', detail: 'must be the `next` of an earlier page' }],
  })
}
