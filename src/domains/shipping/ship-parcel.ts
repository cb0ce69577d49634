import { changeOrder, findOrder, missingOrder } from '#domains/order'
import type { Append } from '#messaging'
import type { Database } from '#platform/database'
import type { NewShipment } from './schemas.ts'
import { labelFor, type Shipment } from './shipment.ts'
import { addParcel, findParcel } from './store.ts'

interface Wanted extends NewShipment {
  /** Of the parcel; the same one again changes nothing. */
  id: string
  orderId: string
}

/**
 * Books a parcel over pieces of an order, in one transaction with the order's decision. Two requests for the same pieces wait for
 * each other at the order, so no piece leaves twice.
 * @throws Refusal when the order does not allow it, or when the tracking number is another parcel's
 */
export async function shipParcel(
  db: Database,
  { id, orderId, lines, ...given }: Wanted,
  origin: Pick<Append, 'traceparent' | 'actor'>,
): Promise<Shipment> {
  const { carrier, trackingNumber } = await labelOf(db, { id, orderId, ...given })
  const command = { type: 'ship-parcel' as const, id, carrier, trackingNumber, lines }
  await changeOrder(db, orderId, command, {
    ...origin,
    async alongside(tx, { parts }) {
      const { delivered: _, ...parcel } = parts.parcels.find((one) => one.id === id)!
      await addParcel(tx, { ...parcel, orderId }, new Date())
    },
  })
  return findParcel(db, id)
}

/** Where it goes to does not change, so it is read before the order is locked. */
async function labelOf(db: Database, { id, orderId, carrier, trackingNumber }: Omit<Wanted, 'lines'>) {
  if (carrier !== undefined && trackingNumber !== undefined) return { carrier, trackingNumber }
  const order = (await findOrder(db, orderId)) ?? (await missingOrder(db, orderId))
  return labelFor(id, order.shippingAddress)
}
