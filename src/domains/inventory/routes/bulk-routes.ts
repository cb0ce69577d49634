import { StockCorrected, StockReceived } from '#events'
import type { WakeUp } from '#messaging'
import { defineBulkRoute, Refusal, type Caller, type Route } from '#http'
import type { Database } from '#platform/database'
import { bookStock } from '../book-stock.ts'
import type { Kind } from '../bookings.ts'
import { CorrectionOfMany, ReceiptOfMany } from '../schemas.ts'
import { asQuantities, ownIdOf, toBooking, type Wanted } from './booking-view.ts'

const tag = 'Stock'
const scope = 'catalog:write'

/** Many at once. */
export function bulkRoutes({ db, wake }: { db: Database } & WakeUp): Route[] {
  const book = async (kind: Kind, wanted: readonly Wanted[], caller: Caller, traceparent: string | null) => {
    const bookings = wanted.map((one) => toBooking(one, { caller, traceparent, header: () => undefined }))
    const { actor } = caller
    const outcomes = await db.$transaction((tx) => bookStock(tx, kind, bookings, { actor, traceparent }))
    wake()
    return outcomes.map((one) => (one instanceof Refusal ? one : { outcome: 'booked' as const, id: ownIdOf(one) }))
  }
  return [
    defineBulkRoute({
      path: '/v1/stock/receipts/bulk',
      publishes: [StockReceived],
      operationId: 'receiveStocks',
      summary: 'Book many receipts',
      description: 'Each line is a receipt with an `id`, which is booked once however often it is sent.',
      tag,
      scope,
      line: ReceiptOfMany,
      example: { id: 'delivery-4712', lines: [{ sku: 'MUG-01', quantity: 10 }] },
      carryOut: (lines, { caller, traceparent }) => book('receipt', lines, caller, traceparent),
    }),
    defineBulkRoute({
      path: '/v1/stock/corrections/bulk',
      publishes: [StockCorrected],
      operationId: 'correctStocks',
      summary: 'Book many corrections',
      description: 'Each line is a correction with an `id`, which is booked once however often it is sent.',
      tag,
      scope,
      line: CorrectionOfMany,
      example: { id: 'count-2026-12', lines: [{ sku: 'MUG-01', change: 1 }], reason: 'Found' },
      carryOut: (corrections, { caller, traceparent }) =>
        book('correction', corrections.map(asQuantities), caller, traceparent),
    }),
  ]
}
