import type { Order } from './order.ts'
import { refundedOf } from './parts.ts'

/** How the money of an order stands. */
export const PAYMENT_STATUSES = [
  'pending',
  'authorized',
  'captured',
  'partially_refunded',
  'refunded',
  'voided',
  'declined',
  'failed',
] as const
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number]

/** Where the goods of an order are. */
export const FULFILLMENT_STATUSES = [
  'unfulfilled',
  'partially_shipped',
  'shipped',
  'partially_delivered',
  'delivered',
  'partially_returned',
  'returned',
] as const
export type FulfillmentStatus = (typeof FULFILLMENT_STATUSES)[number]

type Way<Status> = readonly [from: Status, event: string, to: Status]

/** Every way from one status of the money to another. */
export const PAYMENT_WAYS: readonly Way<PaymentStatus>[] = [
  ['pending', 'payment.authorized', 'authorized'],
  ['pending', 'payment.declined', 'declined'],
  ['authorized', 'payment.captured', 'captured'],
  ['authorized', 'payment.failed', 'failed'],
  ['authorized', 'payment.voided', 'voided'],
  ['failed', 'payment.voided', 'voided'],
  ['captured', 'payment.refunded', 'partially_refunded'],
  ['captured', 'payment.refunded', 'refunded'],
  ['partially_refunded', 'payment.refunded', 'partially_refunded'],
  ['partially_refunded', 'payment.refunded', 'refunded'],
]

/** Every way from one status of the goods to another. */
export const FULFILLMENT_WAYS: readonly Way<FulfillmentStatus>[] = [
  ['unfulfilled', 'order.shipped', 'shipped'],
  ['unfulfilled', 'order.parcel-shipped', 'partially_shipped'],
  ['partially_shipped', 'order.shipped', 'shipped'],
  ['partially_shipped', 'shipment.delivered', 'partially_delivered'],
  ['shipped', 'shipment.delivered', 'partially_delivered'],
  ['shipped', 'order.delivered', 'delivered'],
  ['partially_delivered', 'order.delivered', 'delivered'],
  ['delivered', 'return.received', 'partially_returned'],
  ['partially_returned', 'return.received', 'partially_returned'],
  ['delivered', 'return.accepted', 'returned'],
  ['partially_returned', 'return.accepted', 'returned'],
]

export function paymentStatusOf({ payment, capture, parts, total }: Order): PaymentStatus {
  const back = refundedOf(parts)
  if (back > 0) return back < total.amount ? 'partially_refunded' : 'refunded'
  if (parts.voided) return 'voided'
  if (payment !== 'yes') return payment === 'no' ? 'declined' : 'pending'
  return ({ yes: 'captured', no: 'failed', pending: 'authorized' } as const)[capture]
}

export function fulfillmentStatusOf({ status, parts: { parcels, returned } }: Order): FulfillmentStatus {
  if (status === 'delivered') return returned.length > 0 ? 'partially_returned' : status
  if (status === 'returned') return status
  if (parcels.some(({ delivered }) => delivered)) return 'partially_delivered'
  if (status === 'shipped') return status
  return parcels.length > 0 ? 'partially_shipped' : 'unfulfilled'
}

/** An axis as a Mermaid state diagram; docs/order-states.md shows it and a test keeps it current. */
export function drawAxis(ways: readonly Way<string>[]): string {
  const begin = ways[0]![0]
  return [
    'stateDiagram-v2',
    `    [*] --> ${begin}`,
    ...ways.map(([from, event, to]) => `    ${from} --> ${to}: ${event}`),
  ].join('\n')
}
