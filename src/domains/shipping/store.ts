import { z } from 'zod'
import type { Address } from '#events'
import { readRows, row, type Transaction } from '#platform/database'
import { uuidv7 } from '#platform/uuid'
import { bookingFor, type Booking, type Shipment } from './shipment.ts'

const BookingRow = row({ id: z.string(), orderId: z.string(), carrier: z.string(), trackingNumber: z.string() })
const ShipmentRow = BookingRow.extend({
  status: z.enum(['booked', 'delivered', 'called-off']),
  bookedAt: z.date(),
  deliveredAt: z.date().nullable(),
})

/**
 * Books a parcel for each order that has none and was not called off; answers the new bookings by order.
 * One statement; commutes with `callOffShipments`.
 */
export async function bookShipments(
  tx: Transaction,
  orders: readonly { orderId: string; shippingAddress: Address }[],
  now: Date,
): Promise<Map<string, Booking>> {
  const wanted = orders.map(({ orderId, shippingAddress }) => bookingFor(uuidv7(), orderId, shippingAddress))
  const booked = await readRows(tx, BookingRow)`
    INSERT INTO shipments (id, order_id, status, carrier, tracking_number, booked_at)
    SELECT id, "orderId", 'booked', carrier, "trackingNumber", ${now}::timestamptz
    FROM jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb)
      AS wanted(id uuid, "orderId" uuid, carrier text, "trackingNumber" text)
    ORDER BY "orderId"
    ON CONFLICT (order_id) DO NOTHING
    RETURNING id, order_id AS "orderId", carrier, tracking_number AS "trackingNumber"`
  return new Map(booked.map((booking) => [booking.orderId, booking]))
}

/** Calls the parcels of cancelled orders off, and leaves a tombstone where none was booked yet. */
export async function callOffShipments(tx: Transaction, orderIds: readonly string[], now: Date): Promise<void> {
  const rows = orderIds.map((orderId) => ({ id: uuidv7(), orderId }))
  await tx.$executeRaw`
    INSERT INTO shipments AS s (id, order_id, status, called_off_at)
    SELECT id, "orderId", 'called-off', ${now}::timestamptz
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row(id uuid, "orderId" uuid)
    ORDER BY "orderId"
    ON CONFLICT (order_id) DO UPDATE SET status = 'called-off', called_off_at = excluded.called_off_at
    WHERE s.status = 'booked'`
}

/** The parcel under this number, locked until the transaction ends. */
export async function lockShipment(tx: Transaction, trackingNumber: string): Promise<Shipment | undefined> {
  const [shipment] = await readRows(tx, ShipmentRow)`
    SELECT id, order_id AS "orderId", status, carrier, tracking_number AS "trackingNumber",
      booked_at AS "bookedAt", delivered_at AS "deliveredAt"
    FROM shipments WHERE tracking_number = ${trackingNumber} FOR UPDATE`
  return shipment
}

export async function markDelivered(tx: Transaction, id: string, now: Date): Promise<void> {
  await tx.shipment.update({ where: { id }, data: { status: 'delivered', deliveredAt: now } })
}
