import type { Address, OrderLine } from '#events'
import { toCostsView } from '#domains/pricing'
import type { VersionedOrder } from '../state/fold.ts'
import { fulfillmentStatusOf, paymentStatusOf } from '../state/axes.ts'
import type { OrderStatus } from '../state/order-states.ts'
import { amountOf, cancelledOf, goneAmount, inParcelsOf, returnedOf } from '../state/parts.ts'
import type { OrderSummary } from '../schemas/order-summary.ts'
import type { OrderView } from '../schemas/order-view.ts'

/** An order as the API shows it. Members stand in a fixed order, so that equal orders make equal bytes; JSON leaves out what is undefined. */
export function toView(order: VersionedOrder, { test }: { test: boolean }): OrderView {
  const { customer, stock, payment, fraud, capture, reason, detail } = order
  const { carrier, trackingNumber, total, parts } = order
  return {
    id: order.id,
    number: order.number ?? undefined,
    reference: order.reference ?? undefined,
    status: order.status,
    paymentStatus: paymentStatusOf(order),
    fulfillmentStatus: fulfillmentStatusOf(order),
    fulfillment: order.fulfillment,
    version: order.version,
    total: { amount: total.amount, currency: total.currency },
    currentTotal: { amount: total.amount - goneAmount(parts), currency: total.currency },
    placedAt: order.placedAt.toISOString(),
    updatedAt: order.updatedAt.toISOString(),
    customer: {
      name: customer.name,
      email: customer.email,
      phone: customer.phone,
      locale: customer.locale,
      sms: customer.sms,
    },
    shippingAddress: toAddress(order.shippingAddress),
    billingAddress: order.billingAddress ? toAddress(order.billingAddress) : undefined,
    note: order.note ?? undefined,
    metadata: order.metadata ?? undefined,
    lines: order.lines.map((line) => ({
      sku: line.sku,
      name: line.name,
      quantity: line.quantity,
      unitPrice: line.unitPrice,
      cancelled: cancelledOf(parts, line.sku),
      shipped: shippedOf(order, line),
      returned: returnedOf(parts, line.sku),
    })),
    returns: parts.returned.length > 0 ? toReturns(order) : undefined,
    costs: toCostsView(order),
    answers: { stock, payment, fraud, capture },
    ended: reason && detail ? { reason, detail } : undefined,
    shipment: carrier && trackingNumber ? { carrier, trackingNumber } : undefined,
    shipments: shipmentsOf(order),
    test: test || undefined,
  }
}

/** What came back, oldest first. */
export const toReturns = ({ parts, total: { currency } }: Pick<VersionedOrder, 'parts' | 'total'>) =>
  parts.returned.map(({ id, lines }) => ({
    id,
    amount: { amount: amountOf(lines), currency },
    lines: lines.map(({ amount, ...line }) => ({ ...line, amount: { amount, currency } })),
  }))

const IS_SHIPPED: ReadonlySet<OrderStatus> = new Set(['shipped', 'delivered', 'returned'])

/** Pieces of a line that have left; with the automatic parcel all of them. */
function shippedOf({ status, parts }: VersionedOrder, { sku, quantity }: Pick<OrderLine, 'sku' | 'quantity'>): number {
  if (IS_SHIPPED.has(status)) return quantity - cancelledOf(parts, sku)
  return inParcelsOf(parts, sku)
}

type Shipments = OrderView['shipments']

function shipmentsOf(order: VersionedOrder): Shipments {
  const own = order.parts.parcels.map(({ carrier, trackingNumber, lines, delivered }): Shipments[number] => ({
    carrier,
    trackingNumber,
    status: delivered ? 'delivered' : 'booked',
    lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
  }))
  return [...own, ...automaticShipment(order)]
}

/** What is left of the order is in it. */
function automaticShipment({ carrier, trackingNumber, status, arrived, lines, parts }: VersionedOrder): Shipments {
  if (!carrier || !trackingNumber) return []
  const pieces = lines.flatMap(({ sku, quantity: ordered }) => {
    const quantity = ordered - cancelledOf(parts, sku) - inParcelsOf(parts, sku)
    return quantity > 0 ? [{ sku, quantity }] : []
  })
  const state = status === 'cancelled' ? 'called-off' : arrived ? 'delivered' : 'booked'
  return [{ carrier, trackingNumber, status: state, lines: pieces }]
}

export const toLines = (lines: VersionedOrder['lines']) =>
  lines.map(({ sku, name, quantity, unitPrice }) => ({ sku, name, quantity, unitPrice }))

export function toSummary(
  order: Pick<
    VersionedOrder,
    'id' | 'number' | 'reference' | 'status' | 'total' | 'placedAt' | 'updatedAt' | 'customer'
  >,
): OrderSummary {
  return {
    id: order.id,
    number: order.number ?? undefined,
    reference: order.reference ?? undefined,
    status: order.status,
    total: order.total,
    placedAt: order.placedAt.toISOString(),
    updatedAt: order.updatedAt.toISOString(),
    customer: { name: order.customer.name, email: order.customer.email },
  }
}

const toAddress = (address: Address) => ({
  name: address.name,
  line1: address.line1,
  line2: address.line2,
  city: address.city,
  region: address.region,
  postalCode: address.postalCode || undefined,
  country: address.country,
})
