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
export const FULFILLMENT_STATUSES = ['unfulfilled', 'shipped', 'delivered', 'partially_returned', 'returned'] as const
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
  ['shipped', 'order.delivered', 'delivered'],
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

export function fulfillmentStatusOf({ status, parts }: Order): FulfillmentStatus {
  if (status === 'delivered' && parts.returned.length > 0) return 'partially_returned'
  return status === 'shipped' || status === 'delivered' || status === 'returned' ? status : 'unfulfilled'
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
