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

/** A parcel that was booked; a called-off one may have been cancelled before or after its booking. */
export interface Shipment extends Booking {
  status: ShipmentStatus
  bookedAt: Date
  deliveredAt: Date | null
}

const DOMESTIC = 'GB'

/** Which carrier takes the order's parcel, and under which number. The same order always gets the same number. */
export function bookingFor(id: string, orderId: string, { country }: Pick<Address, 'country'>): Booking {
  const domestic = country.toUpperCase() === DOMESTIC
  return {
    id,
    orderId,
    carrier: domestic ? 'Fanfare Post' : 'Fanfare World',
    trackingNumber: `${domestic ? 'FP' : 'FW'}${trackingCode(orderId)}`,
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

/** 80 bits of a keyed hash of the order's id: without the master key nobody can tell it, not even who knows the id. */
function trackingCode(orderId: string): string {
  const bytes = derivedSecret(`shipment of ${orderId}`).subarray(0, 16)
  return Array.from(bytes, (byte) => ALPHABET[byte & 31]).join('')
}
