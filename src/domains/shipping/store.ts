import { z } from 'zod'
import type { Address } from '#events'
import { readRow, readRows, row, type Database, type Transaction } from '#platform/database'
import { uuidv7 } from '#platform/uuid'
import { Prisma } from '#prisma'
import { Refusal } from '#http'
import { bookingFor, type Booking, type Parcel, type Shipment } from './shipment.ts'

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
export const lockShipment = async (tx: Transaction, trackingNumber: string): Promise<Shipment | undefined> =>
  (await lockAutomatic(tx, trackingNumber)) ?? (await lockParcel(tx, trackingNumber))

async function lockAutomatic(tx: Transaction, trackingNumber: string): Promise<Shipment | undefined> {
  const [shipment] = await readRows(tx, ShipmentRow)`
    SELECT id, order_id AS "orderId", status, carrier, tracking_number AS "trackingNumber",
      booked_at AS "bookedAt", delivered_at AS "deliveredAt"
    FROM shipments WHERE tracking_number = ${trackingNumber} FOR UPDATE`
  return shipment
}

const ParcelRow = BookingRow.extend({
  lines: z.array(z.strictObject({ sku: z.string(), quantity: z.int() })),
  bookedAt: z.date(),
  deliveredAt: z.date().nullable(),
})

const PARCEL = Prisma.sql`id, order_id AS "orderId", carrier, tracking_number AS "trackingNumber", lines,
  booked_at AS "bookedAt", delivered_at AS "deliveredAt"`

async function lockParcel(tx: Transaction, trackingNumber: string): Promise<Shipment | undefined> {
  const [parcel] = await readRows(tx, ParcelRow)`
    SELECT ${PARCEL} FROM parcels WHERE tracking_number = ${trackingNumber} FOR UPDATE`
  return parcel && { ...parcel, status: parcel.deliveredAt ? 'delivered' : 'booked' }
}

/** Stores a parcel of a client; one that is there already stays as it is. @throws Refusal `tracking-number-taken` */
export async function addParcel(tx: Transaction, { id, orderId, lines, ...label }: Parcel, now: Date): Promise<void> {
  const { carrier, trackingNumber } = label
  const stored = await readRows(tx, row({ id: z.string() }))`
    WITH added AS (
      INSERT INTO parcels (id, order_id, carrier, tracking_number, lines, booked_at)
      SELECT ${id}::uuid, ${orderId}::uuid, ${carrier}, ${trackingNumber}, ${JSON.stringify(lines)}::jsonb, ${now}::timestamptz
      WHERE NOT EXISTS (SELECT FROM shipments WHERE tracking_number = ${trackingNumber})
      ON CONFLICT DO NOTHING RETURNING id
    ) SELECT id FROM added UNION ALL SELECT id FROM parcels WHERE id = ${id}::uuid`
  if (stored.length > 0) return
  const why = `Another parcel has the tracking number ${trackingNumber}.`
  throw new Refusal('conflict', 'tracking-number-taken', why)
}

/** A parcel of a client. */
export async function findParcel(db: Database, id: string): Promise<Shipment> {
  const parcel = await readRow(db, ParcelRow)`SELECT ${PARCEL} FROM parcels WHERE id = ${id}::uuid`
  return { ...parcel, status: parcel.deliveredAt ? 'delivered' : 'booked' }
}

export async function markDelivered(tx: Transaction, { id, lines }: Shipment, now: Date): Promise<void> {
  if (lines) await tx.parcel.update({ where: { id }, data: { deliveredAt: now } })
  else await tx.shipment.update({ where: { id }, data: { status: 'delivered', deliveredAt: now } })
}
