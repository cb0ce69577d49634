import { z } from 'zod'
import { ORDER_PARTS, ORDER_STATES, PaymentCaptured, PaymentRefunded, PaymentVoided } from '#events'
import type { RecordedOf } from '#messaging'
import type { Database, Transaction } from '#platform/database'

/** The facts of an order that concern its customer. */
export const HISTORY = [...ORDER_STATES, ...ORDER_PARTS, PaymentCaptured, PaymentVoided, PaymentRefunded] as const
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
      return 'The order was cancelled.' // its reason is a caller's own words, which the order keeps sealed
    case 'order.reduced':
      return `Cancelled: ${listed(event.data.lines)}.`
    case 'return.received':
      return `Came back: ${listed(event.data.lines)}.`
    case 'order.parcel-shipped':
      return `${listed(event.data.lines)} left in a parcel with ${event.data.carrier}, tracking number ${event.data.trackingNumber}.`
    case 'order.expired':
      return 'The order expired before it could be confirmed.'
    case 'order.shipped':
      if (event.data.parcels) return 'All that was left of the order is with the carrier.'
      return `The parcel is with ${event.data.carrier}, tracking number ${event.data.trackingNumber}.`
    case 'order.delivered':
      return 'The order was delivered.'
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

const listed = (lines: readonly { sku: string; quantity: number }[]) =>
  lines.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(', ')

/** Adds steps. Relies on being called in the order of each stream, which an ordered reaction is. */
export async function recordHistory(tx: Transaction, events: readonly HistoryEvent[]): Promise<void> {
  const steps = events.map((event, nth) => {
    const { streamVersion, type, time, data } = event
    return { nth, orderId: data.orderId, streamVersion, type, text: sentenceFor(event), at: time }
  })
  await tx.$executeRaw`
    INSERT INTO order_history (order_id, step, stream_version, type, text, at)
    SELECT "orderId", row_number() OVER (PARTITION BY "orderId" ORDER BY nth)
      + (SELECT coalesce(max(step), 0) FROM order_history h WHERE h.order_id = new."orderId"), "streamVersion", type, text, at
    FROM jsonb_to_recordset(${JSON.stringify(steps)}::jsonb)
      AS new(nth int, "orderId" uuid, "streamVersion" int, type text, text text, at timestamptz)`
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
