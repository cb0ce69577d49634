import { z } from 'zod'
import type { Database, Transaction } from '#platform/database'
import { readRows, row } from '#platform/database'
import { NEXT, type Trip, type TripStatus } from './trip.ts'

const STATUSES = Object.keys(NEXT) as [TripStatus, ...TripStatus[]]

const TripRow = row({
  id: z.string(),
  riderId: z.string(),
  status: z.enum(STATUSES),
  amount: z.int().nullable(),
  currency: z.string().nullable(),
  screening: z.enum(['pending', 'cleared', 'flagged']),
  driverId: z.string().nullable(),
  etaS: z.int().nullable(),
  version: z.int(),
})

const toTrip = ({ amount, currency, ...trip }: z.infer<typeof TripRow>): Trip => ({
  ...trip,
  fare: amount === null ? null : { amount, currency: currency! },
})

/** The rows of these trips, locked in one order until the transaction ends. */
export async function lockTrips(tx: Transaction, ids: readonly string[]): Promise<Trip[]> {
  const rows = await readRows(tx, TripRow)`
    SELECT id::text, rider_id AS "riderId", status, fare_amount AS amount, fare_currency AS currency, screening,
      driver_id AS "driverId", eta_s AS "etaS", version
    FROM trips WHERE id = ANY(${[...ids]}::uuid[]) ORDER BY id FOR UPDATE`
  return rows.map(toTrip)
}

export async function writeTrips(tx: Transaction, trips: readonly Trip[]): Promise<void> {
  if (trips.length === 0) return
  const rows = trips.map(({ fare, ...trip }) => ({ ...trip, amount: fare?.amount, currency: fare?.currency }))
  await tx.$executeRaw`
    UPDATE trips SET status = new.status, fare_amount = new.amount, fare_currency = new.currency, screening = new.screening,
      driver_id = new."driverId", eta_s = new."etaS", version = new.version, updated_at = now()
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS new(id uuid, status text, amount int, currency text,
      screening text, "driverId" text, "etaS" int, version int)
    WHERE trips.id = new.id`
}

/** What was asked for: it never changes. */
export interface Wish {
  tripId: string
  riderId: string
  city: string
  zone: string
  pickup: { lat: number; lng: number }
  dropoff: { lat: number; lng: number }
  distanceM: number
  rideS: number
}

/** @returns false when there is a trip of that id */
export async function insertTrip(tx: Transaction, wish: Wish): Promise<boolean> {
  const { tripId, riderId, city, zone, pickup, dropoff, distanceM, rideS } = wish
  const inserted = await tx.$executeRaw`
    INSERT INTO trips (id, rider_id, city, zone, pickup_lat, pickup_lng, dropoff_lat, dropoff_lng, distance_m, ride_s, version)
    VALUES (${tripId}::uuid, ${riderId}, ${city}, ${zone}, ${pickup.lat}, ${pickup.lng}, ${dropoff.lat}, ${dropoff.lng},
      ${distanceM}, ${rideS}, 1)
    ON CONFLICT (id) DO NOTHING`
  return inserted === 1
}

const ViewRow = row({
  id: z.string(),
  riderId: z.string(),
  status: z.enum(STATUSES),
  driverId: z.string().nullable(),
  etaS: z.int().nullable(),
  amount: z.int().nullable(),
  currency: z.string().nullable(),
  pickupLat: z.number(),
  pickupLng: z.number(),
  dropoffLat: z.number(),
  dropoffLng: z.number(),
  requestedAt: z.date(),
})

/** A trip as its row shows it, which is at most as far as its latest handled fact. */
export async function findTrip(db: Database | Transaction, id: string) {
  const [found] = await readRows(db, ViewRow)`
    SELECT id::text, rider_id AS "riderId", status, driver_id AS "driverId", eta_s AS "etaS", fare_amount AS amount,
      fare_currency AS currency, pickup_lat AS "pickupLat", pickup_lng AS "pickupLng", dropoff_lat AS "dropoffLat",
      dropoff_lng AS "dropoffLng", requested_at AS "requestedAt"
    FROM trips WHERE id = ${id}::uuid`
  return found
}
