import { z } from 'zod'
import {
  OrderCancelled,
  OrderConfirmed,
  OrderDelivered,
  OrderExpired,
  OrderPlaced,
  OrderRejected,
  OrderShipped,
  PaymentCaptured,
  PaymentRefunded,
  PaymentVoided,
  ReturnAccepted,
} from '#events'
import type { RecordedOf } from '#messaging'
import type { Database, Transaction } from '#platform/database'

/** The facts of an order that concern its customer. */
export const HISTORY = [
  OrderPlaced,
  OrderConfirmed,
  OrderRejected,
  OrderCancelled,
  OrderExpired,
  OrderShipped,
  OrderDelivered,
  ReturnAccepted,
  PaymentCaptured,
  PaymentVoided,
  PaymentRefunded,
] as const
export type HistoryEvent = RecordedOf<(typeof HISTORY)[number]>

/** What an event tells the customer, in one sentence. */
function sentenceFor(event: HistoryEvent): string {
  switch (event.type) {
    case 'order.placed':
      return 'The order was placed.'
    case 'order.confirmed':
      return 'The order was confirmed.'
    case 'order.rejected':
      return `The order was rejected: ${event.data.detail}`
    case 'order.cancelled':
      return `The order was cancelled: ${event.data.reason}`
    case 'order.expired':
      return 'The order expired before it could be confirmed.'
    case 'order.shipped':
      return `The parcel is with ${event.data.carrier}, tracking number ${event.data.trackingNumber}.`
    case 'order.delivered':
      return 'The parcel was delivered.'
    case 'return.accepted':
      return 'The return was accepted.'
    case 'payment.captured':
      return 'The payment was taken.'
    case 'payment.voided':
      return 'The hold on the money was let go.'
    case 'payment.refunded':
      return 'The money was given back.'
  }
}

/** Adds a step. Relies on being called in the order of the stream, which an ordered reaction is. */
export async function recordHistory(tx: Transaction, event: HistoryEvent): Promise<void> {
  const { streamVersion, type, time, data } = event
  await tx.$executeRaw`
    INSERT INTO order_history (order_id, step, stream_version, type, text, at)
    SELECT ${data.orderId}::uuid, coalesce(max(step), 0) + 1, ${streamVersion}, ${type}, ${sentenceFor(event)}, ${time}::timestamptz
    FROM order_history WHERE order_id = ${data.orderId}::uuid`
}

export const HistoryView = z
  .strictObject({
    orderId: z.uuid(),
    steps: z.array(z.strictObject({ step: z.int(), type: z.string(), text: z.string(), at: z.iso.datetime() })),
  })
  .meta({ id: 'History' })

/** The steps so far, first to last. */
export async function historyOf(db: Database, orderId: string): Promise<z.infer<typeof HistoryView>> {
  const rows = await db.orderHistory.findMany({ where: { orderId }, orderBy: { step: 'asc' } })
  return { orderId, steps: rows.map(({ step, type, text, at }) => ({ step, type, text, at: at.toISOString() })) }
}
