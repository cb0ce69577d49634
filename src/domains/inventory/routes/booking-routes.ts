import { StockCorrected, StockReceived } from '#events'
import type { WakeUp } from '#messaging'
import { defineRoute, Refusal, type Route } from '#http'
import type { Database } from '#platform/database'
import { bookStock } from '../book-stock.ts'
import type { Booking, Kind, StoredBooking } from '../bookings.ts'
import { CorrectionView, NewCorrection, NewReceipt, ReceiptView } from '../schemas.ts'
import { asQuantities, toBooking, toCorrection, toReceipt, type BookingRequest } from './booking-view.ts'

const tag = 'Stock'
const scope = 'catalog:write'

/** One receipt, or one correction. */
export function bookingRoutes({ db, wake }: { db: Database } & WakeUp): Route[] {
  const book = async (kind: Kind, wanted: Booking, { caller: { actor }, traceparent }: BookingRequest) => {
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
      async handle({ body, ...request }) {
        const booking = await book('correction', toBooking(asQuantities(body), request), request)
        return { status: 201, body: toCorrection(booking) }
      },
    }),
  ]
}
