import { OrderParcelShipped } from '#events'
import { Refusal } from '#http'
import { named, shipped } from './decide.ts'
import { evolve, type Order, type OrderFact } from './order.ts'
import { choosePieces, leftToShip, type Asked, unchanged } from './choose-pieces.ts'

export interface ShipParcel {
  readonly type: 'ship-parcel'
  /** Of the parcel; the same one again changes nothing. */
  readonly id: string
  readonly carrier: string
  readonly trackingNumber: string
  /** Without them everything that is left. */
  readonly lines?: readonly Asked[] | undefined
}

/**
 * Pieces of an order that leave in a parcel of their own. With the last of them the order is shipped.
 * @throws Refusal when the system ships the order itself, when its money is not taken, or when it has not so many pieces left
 */
export function shipParcel(order: Order, { id: shipmentId, carrier, trackingNumber, lines: asked }: ShipParcel) {
  const before = order.parts.parcels.find(({ id }) => id === shipmentId)
  if (before) return unchanged(before, asked)
  expectShippable(order)
  const lines = choosePieces(order, asked ?? leftToShip(order), 'shipped').map(({ sku, quantity }) => {
    const { name } = order.lines.find((line) => line.sku === sku)!
    return { sku, name, quantity }
  })
  const parcel = { shipmentId, carrier, trackingNumber, lines: merged(lines) }
  const fact = OrderParcelShipped({ ...named(order), customer: order.customer, ...parcel })
  const after = evolve(order, fact)
  return leftToShip(after).length > 0 ? [fact] : ([fact, shipped(after)] satisfies OrderFact[])
}

type Line = { sku: string; name: string; quantity: number }

/** One line for each SKU. */
function merged(lines: readonly Line[]): Line[] {
  const bySku = new Map<string, Line>()
  for (const line of lines)
    bySku.set(line.sku, { ...line, quantity: line.quantity + (bySku.get(line.sku)?.quantity ?? 0) })
  return [...bySku.values()]
}

function expectShippable({ fulfillment, status, capture }: Order) {
  if (fulfillment !== 'manual')
    throw new Refusal(
      'conflict',
      'order-ships-automatically',
      'The parcel of this order is booked by itself. Orders that are placed with "fulfillment": "manual" are shipped by you.',
    )
  if (status === 'placed') throw notYet('It waits for stock, payment and screening; ship it after order.confirmed')
  if (status !== 'confirmed')
    throw new Refusal('conflict', 'order-not-shippable', `Nothing is left to ship of this order; it is ${status}.`)
  if (capture !== 'yes') throw notYet('Its money is being taken; ship it after payment.captured')
}

const notYet = (why: string) => new Refusal('conflict', 'order-not-shippable-yet', `${why}.`)
