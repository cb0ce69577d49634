import type { AnyEventType, EventType, NewEvent, RecordedOf } from '#messaging'
import {
  FraudCleared,
  FraudFlagged,
  PaymentAuthorized,
  PaymentCaptured,
  PaymentDeclined,
  PaymentFailed,
  PaymentRefunded,
  PaymentVoided,
  ShipmentCreated,
  ShipmentDelivered,
  StockRejected,
  StockReserved,
  type Address,
  type Costs,
  type Customer,
  type Fulfillment,
  type Money,
  type ORDER_DECISIONS,
  type ORDER_PARTS,
  type OrderLine,
  type RejectionReason,
} from '#events'
import { TRANSITIONS, type OrderFactType, type OrderStatus } from './order-states.ts'
import {
  cameBack,
  moneyBack,
  NO_PARTS,
  parcelDelivered,
  parcelShipped,
  reduced,
  type MoneyBack,
  type Parts,
} from './parts.ts'

/** What one of the asked has answered so far. The first answer stands. */
export type Verdict = 'pending' | 'yes' | 'no'

/** Why an order ended without its goods. */
export type EndReason = RejectionReason | 'payment-failed' | 'cancelled-on-request' | 'not-decided-in-time'

export interface Order {
  readonly id: string
  /** What people call it by; null for orders from before there were numbers. */
  readonly number: string | null
  /** The client's own. */
  readonly reference: string | null
  readonly status: OrderStatus
  readonly stock: Verdict
  readonly payment: Verdict
  readonly fraud: Verdict
  /** Whether the authorized money was taken. */
  readonly capture: Verdict
  /** The carrier has reported the arrival of the automatic parcel, perhaps before the order heard of the parcel. */
  readonly arrived: boolean
  /** Of the automatic parcel. */
  readonly carrier: string | null
  readonly trackingNumber: string | null
  readonly reason: EndReason | null
  readonly detail: string | null
  readonly customer: Customer
  readonly shippingAddress: Address
  /** null where it is the address of shipping. */
  readonly billingAddress: Address | null
  readonly lines: readonly OrderLine[]
  readonly total: Money
  /** What the total is made of; null where it is what the lines cost. */
  readonly costs: Costs | null
  readonly fulfillment: Fulfillment
  readonly parts: Parts
  /** What the customer asks for, in their words. */
  readonly note: string | null
  readonly metadata: Readonly<Record<string, string>> | null
}

/** The facts of other contexts that an order waits for. */
export const ANSWERS = [
  StockReserved,
  StockRejected,
  PaymentAuthorized,
  PaymentDeclined,
  PaymentCaptured,
  PaymentFailed,
  FraudCleared,
  FraudFlagged,
  ShipmentCreated,
  ShipmentDelivered,
] as const

/** Facts of other contexts that an order tells of, and does not wait for. */
export const NOTED = [PaymentVoided, PaymentRefunded] as const

type Said<Type extends AnyEventType> = Type extends EventType<infer Name, infer Data> ? NewEvent<Name, Data> : never

export type Answer = Said<(typeof ANSWERS)[number]>
export type RecordedAnswer = RecordedOf<(typeof ANSWERS)[number]>
export type OrderFact = Said<(typeof ORDER_DECISIONS)[number]> | PartsFact
type PartsFact = Said<(typeof ORDER_PARTS)[number]>

type Ordered = Pick<Order, 'customer' | 'shippingAddress' | 'lines' | 'total'> & {
  readonly orderId: string
} & { readonly [Member in Optional]?: Order[Member] | undefined }
type Optional = 'number' | 'reference' | 'billingAddress' | 'costs' | 'fulfillment' | 'note' | 'metadata'

/** An order as it is when it was just placed. */
export function newOrder({ orderId, ...placed }: Ordered): Order {
  const { number = null, reference = null, billingAddress = null, costs = null, note = null, metadata = null } = placed
  const { customer, shippingAddress, lines, total, fulfillment = 'automatic' } = placed
  return {
    id: orderId,
    number,
    reference,
    status: 'placed',
    ...({ stock: 'pending', payment: 'pending', fraud: 'pending', capture: 'pending' } as const),
    arrived: false,
    carrier: null,
    trackingNumber: null,
    reason: null,
    detail: null,
    customer,
    shippingAddress,
    billingAddress,
    lines,
    total,
    costs,
    fulfillment,
    parts: NO_PARTS,
    note,
    metadata,
  }
}

/** The order after one more fact. Pure; answers only fill what is still pending. */
export function evolve(order: Order, event: Answer | MoneyBack | OrderFact): Order {
  switch (event.type) {
    case 'stock.reserved':
      return { ...order, stock: settle(order.stock, 'yes') }
    case 'payment.authorized':
      return { ...order, payment: settle(order.payment, 'yes') }
    case 'fraud.cleared':
      return { ...order, fraud: settle(order.fraud, 'yes') }
    case 'payment.captured':
      return { ...order, capture: settle(order.capture, 'yes') }
    case 'stock.rejected':
      return refuse(order, 'stock', 'out-of-stock', outOfStock(event.data.missing))
    case 'payment.declined':
      return refuse(order, 'payment', 'payment-declined', 'The payment was declined.')
    case 'fraud.flagged':
      return refuse(order, 'fraud', 'fraud-suspected', 'The order could not be accepted.')
    case 'payment.failed':
      return refuse(order, 'capture', 'payment-failed', 'The payment could not be taken.')
    case 'shipment.created':
      return order.trackingNumber === null
        ? { ...order, carrier: event.data.carrier, trackingNumber: event.data.trackingNumber }
        : order
    case 'shipment.delivered':
      return arrived(order, event)
    case 'payment.voided':
    case 'payment.refunded':
      return { ...order, parts: moneyBack(order.parts, event) }
    case 'order.reduced':
      return { ...order, parts: reduced(order.parts, event) }
    case 'return.received':
      return { ...order, parts: cameBack(order.parts, event) }
    case 'order.parcel-shipped':
      return { ...order, parts: parcelShipped(order.parts, event) }
    case 'order.rejected':
      return { ...moved(order, event.type), reason: event.data.reason, detail: event.data.detail }
    case 'order.cancelled':
      return { ...moved(order, event.type), reason: causeOf(order), detail: event.data.reason }
    case 'order.expired':
      return {
        ...moved(order, event.type),
        reason: 'not-decided-in-time',
        detail: 'The order was not decided in time.',
      }
    default:
      return moved(order, event.type)
  }
}

function arrived(order: Order, event: Extract<Answer, { type: 'shipment.delivered' }>): Order {
  const parts = parcelDelivered(order.parts, event)
  return parts ? { ...order, parts } : { ...order, arrived: true }
}

const causeOf = ({ capture }: Order): EndReason => (capture === 'no' ? 'payment-failed' : 'cancelled-on-request')

function moved(order: Order, fact: OrderFactType): Order {
  const status = TRANSITIONS[order.status][fact]
  if (!status) throw new Error(`Order ${order.id} is ${order.status}: ${fact} cannot happen to it`)
  return { ...order, status }
}

const settle = (current: Verdict, verdict: 'yes' | 'no'): Verdict => (current === 'pending' ? verdict : current)

/**
 * Notes a no. Its reason becomes the order's only where the no still decides about it. `detail` is for customers: what gateways
 * and screening rules say stays in their events, for operators.
 */
function refuse(
  order: Order,
  asked: 'stock' | 'payment' | 'fraud' | 'capture',
  reason: EndReason,
  detail: string,
): Order {
  if (order[asked] !== 'pending') return order
  const decisive = order.reason === null && order.status === (asked === 'capture' ? 'confirmed' : 'placed')
  return { ...order, [asked]: 'no', ...(decisive ? { reason, detail } : {}) }
}

const NAMED = 3

function outOfStock(missing: readonly { sku: string; requested: number; available: number }[]): string {
  const named = missing
    .slice(0, NAMED)
    .map((line) => `${line.sku} (${line.requested} wanted, ${line.available} available)`)
  const more = missing.length > NAMED ? ` and ${missing.length - NAMED} more` : ''
  return `Out of stock: ${named.join(', ')}${more}.`
}
