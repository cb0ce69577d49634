import { StockCorrected, StockReceived } from '#events'
import type { WakeUp } from '#messaging'
import { defineRoute, Refusal, type Caller, type Route } from '#http'
import type { Database } from '#platform/database'
import { uuidOf, uuidv7 } from '#platform/uuid'
import { bookStock } from './book-stock.ts'
import { listBookings, type Booking, type Kind, type StoredBooking } from './bookings.ts'
import { mergeLines } from './reservation.ts'
import {
  BookingQuery,
  CorrectionPage,
  CorrectionView,
  NewCorrection,
  NewReceipt,
  ReceiptPage,
  ReceiptView,
  SkuPath,
  StockView,
} from './schemas.ts'

const tag = 'Stock'
const scope = 'catalog:write'

interface Needs extends WakeUp {
  db: Database
}

/** What comes into the store, and what a count finds: each a fact with an event, booked once for its id. */
export function stockRoutes({ db, wake }: Needs): Route[] {
  return [...bookingRoutes({ db, wake }), ...lookingRoutes(db)]
}

interface Request {
  caller: Caller
  traceparent: string | null
  header(name: string): string | undefined
}

function bookingRoutes({ db, wake }: Needs): Route[] {
  const book = async (kind: Kind, wanted: Booking, { caller: { actor }, traceparent }: Request) => {
    const [outcome] = await db.$transaction(async (tx) => {
      const outcomes = await bookStock(tx, kind, [wanted], { actor, traceparent })
      if (outcomes[0] instanceof Refusal) throw outcomes[0] // with the shelves that were made for it
      return outcomes as StoredBooking[]
    })
    wake()
    return outcome!
  }
  return [
    defineRoute({
      method: 'post',
      path: '/v1/stock/receipts',
      publishes: [StockReceived],
      operationId: 'receiveStock',
      summary: 'Book goods that have come in',
      description: 'Whole or not at all. The SKUs need not be in the catalogue yet.',
      tag,
      scope,
      body: NewReceipt,
      example: { body: { id: 'delivery-4711', lines: [{ sku: 'MUG-01', quantity: 100 }], reason: 'Delivery 4711' } },
      replies: { 201: { description: 'The receipt, booked now or before', schema: ReceiptView } },
      refusals: { 409: 'id-reused, stock-too-large' },
      async handle({ body, ...request }) {
        const booking = await book('receipt', toBooking(body, request), request)
        return { status: 201, body: toReceipt(booking) }
      },
    }),
    defineRoute({
      method: 'post',
      path: '/v1/stock/corrections',
      publishes: [StockCorrected],
      operationId: 'correctStock',
      summary: 'Book what a count has found, or is missing',
      description:
        'Whole or not at all. Only what is on hand can be taken away: what is reserved is promised to orders, which would have to be cancelled first.',
      tag,
      scope,
      body: NewCorrection,
      example: {
        body: { id: 'count-2026-11', lines: [{ sku: 'MUG-01', change: -2 }], reason: 'Broken in the store' },
      },
      replies: { 201: { description: 'The correction, booked now or before', schema: CorrectionView } },
      refusals: { 409: 'id-reused, stock-not-on-hand, stock-too-large' },
      async handle({ body: { lines, ...body }, ...request }) {
        const quantities = lines.map(({ sku, change }) => ({ sku, quantity: change }))
        const booking = await book('correction', toBooking({ ...body, lines: quantities }, request), request)
        return { status: 201, body: toCorrection(booking) }
      },
    }),
  ]
}

function lookingRoutes(db: Database): Route[] {
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

interface Wanted {
  id?: string | undefined
  lines: Booking['lines']
  reason?: string | undefined
}

function toBooking({ id, lines, reason }: Wanted, { caller: { clientId }, header }: Request): Booking {
  const key = header('idempotency-key')
  const own = id ?? (key === undefined ? uuidv7() : uuidOf(JSON.stringify([clientId, key])))
  return { id: `${clientId}/${own}`, lines: mergeLines(lines), reason: reason ?? null }
}

/** Ids are the client's own; within, they stand behind its id. */
const toView = ({ id, actor: by, at }: StoredBooking) => ({
  id: id.replace(/^[\da-f-]{36}\//, ''),
  by,
  at: at.toISOString(),
})

const toReceipt = (booking: StoredBooking) => ({
  ...toView(booking),
  lines: booking.lines,
  reason: booking.reason,
})

const toCorrection = (booking: StoredBooking) => ({
  ...toView(booking),
  lines: booking.lines.map(({ sku, quantity: change }) => ({ sku, change })),
  reason: booking.reason,
})

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
