import {
  OrderCancelled,
  OrderConfirmed,
  OrderDelivered,
  OrderExpired,
  OrderParcelShipped,
  OrderPlaced,
  OrderRejected,
  OrderShipped,
  PaymentAuthorized,
  PaymentRefunded,
  ReturnAccepted,
  ShipmentCreated,
  StockReserved,
} from '#events'
import type { DataOf, AnyEventType } from '#messaging'
import { uuidv7 } from '#platform/uuid'

/** A customer of this name: a word that tells a reaction under test what to do. */
export const named = (name: string) => ({ name, email: 'ada@example.com' })

const customer = named('Ada Lovelace')
const shippingAddress = { line1: '12 St James Square', city: 'London', postalCode: 'SW1Y 4JH', country: 'GB' }
const line = { sku: 'MUG-01', name: 'Enamel mug', quantity: 2, unitPrice: 1_250 }
const lines = [line]
const total = { amount: 2_500, currency: 'GBP' }

/** A builder of one kind of fact: sensible data, a fresh order id, and whatever the test is about. */
function builder<Type extends AnyEventType>(type: Type, defaults: () => DataOf<Type>) {
  return (given: Partial<DataOf<Type>> = {}): ReturnType<Type> => type({ ...defaults(), ...given }) as ReturnType<Type>
}

const order = () => ({ orderId: uuidv7(), customer })
const wholeOrder = () => ({ ...order(), shippingAddress, lines, total })

export const anOrderPlaced = builder(OrderPlaced, wholeOrder)
export const anOrderConfirmed = builder(OrderConfirmed, wholeOrder)
export const anOrderRejected = builder(OrderRejected, () => ({
  ...order(),
  reason: 'out-of-stock' as const,
  detail: 'MUG-01: 2 wanted, 0 left',
}))
export const anOrderCancelled = builder(OrderCancelled, () => ({ ...order(), reason: 'changed my mind' }))
export const anOrderExpired = builder(OrderExpired, order)
export const anOrderShipped = builder(OrderShipped, () => ({
  ...order(),
  carrier: 'Sandbox Post',
  trackingNumber: 'SP123',
}))
export const anOrderDelivered = builder(OrderDelivered, order)
export const anOrderParcelShipped = builder(OrderParcelShipped, () => ({
  ...order(),
  shipmentId: uuidv7(),
  carrier: 'Sandbox Post',
  trackingNumber: 'SP123',
  lines: [{ sku: line.sku, name: line.name, quantity: 1 }],
}))
export const aReturnAccepted = builder(ReturnAccepted, () => ({ ...order(), lines, total }))
export const aStockReserved = builder(StockReserved, () => ({
  orderId: uuidv7(),
  lines: [{ sku: line.sku, quantity: line.quantity }],
}))
export const aPaymentAuthorized = builder(PaymentAuthorized, () => ({
  orderId: uuidv7(),
  authorizationId: 'auth_1',
  amount: total,
}))
export const aPaymentRefunded = builder(PaymentRefunded, () => ({ orderId: uuidv7(), amount: total }))
export const aShipmentCreated = builder(ShipmentCreated, () => ({
  orderId: uuidv7(),
  shipmentId: uuidv7(),
  carrier: 'Sandbox Post',
  trackingNumber: 'SP123',
}))
