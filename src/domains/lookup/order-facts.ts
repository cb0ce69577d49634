import {
  OrderCancelled,
  OrderConfirmed,
  OrderDelivered,
  OrderExpired,
  OrderPlaced,
  OrderRejected,
  OrderShipped,
  ReturnAccepted,
  ShipmentCreated,
} from '#events'
import type { RecordedOf } from '#messaging'

/** The facts that change the status of an order. */
export const ORDER_STATES = [
  OrderPlaced,
  OrderConfirmed,
  OrderRejected,
  OrderCancelled,
  OrderExpired,
  OrderShipped,
  OrderDelivered,
  ReturnAccepted,
] as const
export type OrderState = RecordedOf<(typeof ORDER_STATES)[number]>

/** Those, and what else an order is found by. */
export const FOUND_BY = [...ORDER_STATES, ShipmentCreated] as const
export type FoundBy = RecordedOf<(typeof FOUND_BY)[number]>

/** The status that a fact leads to. */
export const statusAfter = (type: OrderState['type']) =>
  type === 'return.accepted' ? 'returned' : type.slice('order.'.length)
