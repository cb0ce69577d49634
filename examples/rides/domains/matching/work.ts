import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'

const WorkRow = row({
  tripId: z.string(),
  driverId: z.string(),
  state: z.enum(['offered', 'accepted']),
  status: z.string(),
  pickupLat: z.number(),
  pickupLng: z.number(),
  dropoffLat: z.number(),
  dropoffLng: z.number(),
})

/** What drivers have in hand at this moment, for their phones and for the map. */
export function readWork(db: Database) {
  return readRows(db, WorkRow)`
    SELECT d.trip_id::text AS "tripId", d.driver_id AS "driverId", d.state, t.status, t.pickup_lat AS "pickupLat",
      t.pickup_lng AS "pickupLng", t.dropoff_lat AS "dropoffLat", t.dropoff_lng AS "dropoffLng"
    FROM dispatches d JOIN trips t ON t.id = d.trip_id WHERE d.driver_id IS NOT NULL`
}
