import { ShipmentDelivered, type Address } from '#events'
import { Refusal } from '#http'
import { derivedSecret } from '#platform/sealing'

export type ShipmentStatus = 'booked' | 'delivered' | 'called-off'

export interface Booking {
  id: string
  orderId: string
  carrier: string
  trackingNumber: string
}

/** A parcel of the client: some pieces of an order, or all that are left of it. */
export interface Parcel extends Booking {
  lines: { sku: string; quantity: number }[]
}

/** A parcel that was booked; a called-off one may have been cancelled before or after its booking. */
export interface Shipment extends Booking {
  status: ShipmentStatus
  bookedAt: Date
  deliveredAt: Date | null
  /** Of a parcel of the client. The automatic one holds all that is wanted of its order. */
  lines?: Parcel['lines']
}

const DOMESTIC = 'GB'

/** Which carrier takes the order's parcel, and under which number. The same order always gets the same number. */
export const bookingFor = (id: string, orderId: string, to: Pick<Address, 'country'>): Booking => ({
  id,
  orderId,
  ...labelFor(orderId, to),
})

/** Our own carrier, and the number of what it takes: the same thing always gets the same number. */
export function labelFor(thing: string, { country }: Pick<Address, 'country'>) {
  const domestic = country.toUpperCase() === DOMESTIC
  return {
    carrier: domestic ? 'Fanfare Post' : 'Fanfare World',
    trackingNumber: `${domestic ? 'FP' : 'FW'}${trackingCode(thing)}`,
  }
}

/** What becomes true when the carrier reports arrival; nothing when it has reported before. */
export function reportDelivery({ id, orderId, trackingNumber, status }: Shipment) {
  if (status === 'called-off')
    throw new Refusal('conflict', 'shipment-called-off', `Shipment ${trackingNumber} was called off with its order`)
  return status === 'delivered' ? [] : [ShipmentDelivered({ orderId, shipmentId: id })]
}

// Crockford's base 32: no letter that can be taken for a digit.
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** 80 bits of a keyed hash of an id: without the master key nobody can tell it, not even who knows the id. */
function trackingCode(id: string): string {
  const bytes = derivedSecret(`shipment of ${id}`).subarray(0, 16)
  return Array.from(bytes, (byte) => ALPHABET[byte & 31]).join('')
}
