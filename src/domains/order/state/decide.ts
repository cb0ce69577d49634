import {
  OrderCancelled,
  OrderConfirmed,
  OrderDelivered,
  OrderExpired,
  OrderRejected,
  OrderShipped,
  type RejectionReason,
} from '#events'
import { Refusal } from '#http'
import { mayBecome, type OrderFactType } from './order-states.ts'
import { evolve, type Order, type OrderFact } from './order.ts'

export type OrderCommand = { type: 'cancel'; reason: string } | { type: 'expire' }

/**
 * Every fact that follows from what an order has been told, one from the other. Answers may come twice, late and in any
 * order; the order ends in the same state.
 */
export function conclude(order: Order): OrderFact[] {
  const fact = following(order)
  return fact ? [fact, ...conclude(evolve(order, fact))] : []
}

/** The fact that follows from the answers so far, if one does. */
function following(order: Order): OrderFact | undefined {
  const { customer, status } = order
  const asked = [order.stock, order.payment, order.fraud]
  if (status === 'placed' && asked.includes('no'))
    return OrderRejected({ ...named(order), customer, reason: order.reason as RejectionReason, detail: order.detail! })
  if (status === 'placed' && asked.every((verdict) => verdict === 'yes')) return confirmed(order)
  if (status === 'confirmed' && order.capture === 'no')
    return OrderCancelled({ ...named(order), customer, reason: order.detail ?? 'The payment could not be taken.' })
  // A parcel counts as handed over only when its money was taken: otherwise the race between the two would decide
  // whether a failed capture still cancels the order.
  if (status === 'confirmed' && order.capture === 'yes' && order.trackingNumber !== null) return shipped(order)
  if (status === 'shipped' && hasArrived(order)) return OrderDelivered({ ...named(order), customer })
  return undefined
}

/** Of an order of which nothing is left to ship. */
export function shipped(order: Order) {
  const { customer, carrier, trackingNumber, parts } = order
  const latest = parts.parcels.at(-1)
  const parcel = latest ?? { carrier: carrier!, trackingNumber: trackingNumber! }
  return OrderShipped({
    ...named(order),
    customer,
    carrier: parcel.carrier,
    trackingNumber: parcel.trackingNumber,
    ...(latest && { parcels: parts.parcels.length }),
  })
}

/** An older release may have booked the automatic parcel beside those of the client; then all have to arrive. */
const hasArrived = ({ arrived, trackingNumber, parts: { parcels } }: Order): boolean =>
  parcels.every(({ delivered }) => delivered) && (arrived || (parcels.length > 0 && trackingNumber === null))

function confirmed(order: Order) {
  const { customer, shippingAddress, lines, total, costs, fulfillment } = order
  return OrderConfirmed({
    ...named(order),
    customer,
    shippingAddress,
    lines: [...lines],
    total,
    ...(costs && { costs }),
    ...(fulfillment === 'manual' && { fulfillment }),
  })
}

/** What every fact calls the order by. */
export const named = ({ id: orderId, number, reference }: Order) => ({
  orderId,
  ...(number && { number }),
  ...(reference && { reference }),
})

/** What a command makes of an order. @throws Refusal when the order's state does not allow it */
export function decide(order: Order, command: OrderCommand): OrderFact {
  const { customer } = order
  switch (command.type) {
    case 'cancel':
      expectNoParcels(order)
      allow(
        order,
        'order.cancelled',
        'order-not-cancellable',
        'Only an order that has not been shipped can be cancelled',
      )
      return OrderCancelled({ ...named(order), customer, reason: command.reason })
    case 'expire':
      allow(order, 'order.expired', 'order-not-expirable', 'Only an order that waits for its decision can expire')
      return OrderExpired({ ...named(order), customer })
  }
}

function expectNoParcels({ status, parts: { parcels } }: Order) {
  if (status !== 'confirmed' || parcels.length === 0) return
  const [first] = parcels
  throw new Refusal(
    'conflict',
    'order-partly-shipped',
    `A parcel of this order is on its way (${first!.trackingNumber}); cancel the lines that are left.`,
  )
}

/** @throws Refusal with this code where the order's state does not allow the fact */
export function allow({ status }: Order, fact: OrderFactType, code: string, rule: string) {
  if (!mayBecome(status, fact)) throw new Refusal('conflict', code, `${rule}; this one is ${status}.`)
}
