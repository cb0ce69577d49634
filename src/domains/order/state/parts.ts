import { z } from 'zod'
import type {
  OrderParcelShipped,
  OrderReduced,
  PaymentRefunded,
  PaymentVoided,
  ReturnReceived,
  ShipmentDelivered,
} from '#events'

const Pieces = z.object({ sku: z.string(), quantity: z.int(), amount: z.int() })
/** Pieces of one line, and what they cost in minor units. */
export type Pieces = z.infer<typeof Pieces>
const ReturnedPieces = Pieces.extend({ restocked: z.boolean() })
/** Pieces that came back, and whether they can be sold again. */
export type ReturnedPieces = z.infer<typeof ReturnedPieces>

const Parcel = z.object({
  id: z.string(),
  carrier: z.string(),
  trackingNumber: z.string(),
  lines: z.array(z.object({ sku: z.string(), quantity: z.int() })),
  /** The carrier has reported its arrival. */
  delivered: z.boolean(),
})
export type Parcel = Readonly<z.infer<typeof Parcel>>

/** What has become of an order beside its status. Most orders have none of it. */
export type Parts = Readonly<z.infer<typeof Parts>>
export const Parts = z.object({
  /** Minor units that have gone back, by refund; under `rest`, what went back because the order had ended. */
  refunded: z.record(z.string(), z.int()),
  /** The hold on the money was let go. */
  voided: z.boolean(),
  /** Pieces that will not be shipped, by cancellation. */
  cancelled: z.array(z.object({ id: z.string(), lines: z.array(Pieces) })).default([]),
  /** Pieces that came back, by return. */
  returned: z.array(z.object({ id: z.string(), lines: z.array(ReturnedPieces) })).default([]),
  /** What has left in parcels of the client, in the order of their leaving. */
  parcels: z.array(Parcel).default([]),
})

export const NO_PARTS: Parts = { refunded: {}, voided: false, cancelled: [], returned: [], parcels: [] }

export const hasParts = (parts: Parts): boolean => parts !== NO_PARTS

/** Minor units that have gone back in all. */
export const refundedOf = ({ refunded }: Parts): number =>
  Object.values(refunded).reduce((sum, amount) => sum + amount, 0)

/** Pieces of a line that were cancelled. */
export const cancelledOf = ({ cancelled }: Pick<Parts, 'cancelled'>, sku: string): number => piecesOf(cancelled, sku)

/** Pieces of a line that have left in parcels of the client. */
export const inParcelsOf = ({ parcels }: Pick<Parts, 'parcels'>, sku: string): number => piecesOf(parcels, sku)

/** Pieces of a line that came back. */
export const returnedOf = ({ returned }: Pick<Parts, 'returned'>, sku: string): number => piecesOf(returned, sku)

/** The pieces that the customer does not get or has given back, each group under the id of its cancellation or return. */
export const goneOf = ({ cancelled, returned }: Pick<Parts, 'cancelled' | 'returned'>) => [...cancelled, ...returned]

/** Minor units that the order comes to less than when it was placed. */
export const goneAmount = (parts: Parts): number => amountOf(goneOf(parts).flatMap(({ lines }) => lines))

/** What pieces cost together, in minor units. */
export const amountOf = (pieces: readonly Pieces[]): number => pieces.reduce((sum, { amount }) => sum + amount, 0)

type Counted = Pick<Pieces, 'sku' | 'quantity'>

/** Pieces of a SKU in all groups. */
export function piecesOf(groups: readonly { readonly lines: readonly Counted[] }[], sku: string): number {
  let pieces = 0
  for (const { lines } of groups) for (const one of lines) if (one.sku === sku) pieces += one.quantity
  return pieces
}

export type MoneyBack = ReturnType<typeof PaymentRefunded> | ReturnType<typeof PaymentVoided>

/** Each refund counts once, however often it is told. */
export function moneyBack(parts: Parts, event: MoneyBack): Parts {
  if (event.type === 'payment.voided') return { ...parts, voided: true }
  const { refundId = 'rest', amount } = event.data
  return { ...parts, refunded: { ...parts.refunded, [refundId]: amount.amount } }
}

/** Each cancellation counts once, however often it is told. */
export function reduced(parts: Parts, { data }: ReturnType<typeof OrderReduced>): Parts {
  const { cancellationId: id, lines } = data
  if (parts.cancelled.some((one) => one.id === id)) return parts
  const pieces = lines.map(({ sku, quantity, amount }) => ({ sku, quantity, amount }))
  return { ...parts, cancelled: [...parts.cancelled, { id, lines: pieces }] }
}

/** Each return counts once, however often it is told. */
export function cameBack(parts: Parts, { data }: ReturnType<typeof ReturnReceived>): Parts {
  const { returnId: id, lines } = data
  if (parts.returned.some((one) => one.id === id)) return parts
  const pieces = lines.map(({ sku, quantity, amount, restocked }) => ({ sku, quantity, amount, restocked }))
  return { ...parts, returned: [...parts.returned, { id, lines: pieces }] }
}

/** Each parcel counts once, however often it is told. */
export function parcelShipped(parts: Parts, { data }: ReturnType<typeof OrderParcelShipped>): Parts {
  const { shipmentId: id, carrier, trackingNumber } = data
  if (parts.parcels.some((one) => one.id === id)) return parts
  const lines = data.lines.map(({ sku, quantity }) => ({ sku, quantity }))
  return { ...parts, parcels: [...parts.parcels, { id, carrier, trackingNumber, lines, delivered: false }] }
}

/** With the parcel of that report delivered; undefined where it is none of the client's. */
export function parcelDelivered(parts: Parts, { data }: ReturnType<typeof ShipmentDelivered>): Parts | undefined {
  if (parts.parcels.every(({ id }) => id !== data.shipmentId)) return undefined
  const parcels = parts.parcels.map((one) => (one.id === data.shipmentId ? { ...one, delivered: true } : one))
  return { ...parts, parcels }
}
