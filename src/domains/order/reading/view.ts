import type { Address, OrderLine } from '#events'
import { toCostsView } from '#domains/pricing'
import type { VersionedOrder } from '../state/fold.ts'
import { fulfillmentStatusOf, paymentStatusOf } from '../state/axes.ts'
import type { OrderStatus } from '../state/order-states.ts'
import { amountOf, cancelledOf, goneAmount, inParcelsOf, returnedOf } from '../state/parts.ts'
import type { OrderSummary } from '../schemas/order-summary.ts'
import type { OrderView } from '../schemas/order-view.ts'

/** An order as the API shows it. Members stand in a fixed order, so that equal orders make equal bytes. */
export function toView(order: VersionedOrder, { test }: { test: boolean }): OrderView {
  const { customer, stock, payment, fraud, capture, reason, detail } = order
  const { carrier, trackingNumber, total, parts } = order
  return {
    id: order.id,
    ...namesOf(order),
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
      ...given('phone', customer.phone),
      ...given('locale', customer.locale),
      ...given('sms', customer.sms),
    },
    shippingAddress: toAddress(order.shippingAddress),
    ...given('billingAddress', order.billingAddress ? toAddress(order.billingAddress) : undefined),
    ...given('note', order.note ?? undefined),
    ...given('metadata', order.metadata ?? undefined),
    lines: toLines(order.lines).map((line) => ({
      ...line,
      cancelled: cancelledOf(parts, line.sku),
      shipped: shippedOf(order, line),
      returned: returnedOf(parts, line.sku),
    })),
    ...given('returns', parts.returned.length > 0 ? toReturns(order) : undefined),
    costs: toCostsView(order),
    answers: { stock, payment, fraud, capture },
    ...(reason && detail ? { ended: { reason, detail } } : {}),
    ...(carrier && trackingNumber ? { shipment: { carrier, trackingNumber } } : {}),
    shipments: shipmentsOf(order),
    ...(test ? { test } : {}),
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
    ...namesOf(order),
    status: order.status,
    total: order.total,
    placedAt: order.placedAt.toISOString(),
    updatedAt: order.updatedAt.toISOString(),
    customer: { name: order.customer.name, email: order.customer.email },
  }
}

const namesOf = ({ number, reference }: Pick<VersionedOrder, 'number' | 'reference'>) => ({
  ...given('number', number ?? undefined),
  ...given('reference', reference ?? undefined),
})

const toAddress = (address: Address) => ({
  ...given('name', address.name),
  line1: address.line1,
  ...given('line2', address.line2),
  city: address.city,
  ...given('region', address.region),
  ...given('postalCode', address.postalCode || undefined),
  country: address.country,
})

function given<Name extends string, Value>(name: Name, value: Value | undefined): Partial<Record<Name, Value>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, Value>)
}
