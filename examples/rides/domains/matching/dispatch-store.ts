import { z } from 'zod'
import { readRows, row, type Database, type Transaction } from '#platform/database'
import type { Point } from '../../events/index.ts'
import type { Dispatch } from './dispatch.ts'

const STATES = ['searching', 'offered', 'accepted', 'closed'] as const

const DispatchRow = row({
  tripId: z.string(),
  state: z.enum(STATES),
  driverId: z.string().nullable(),
  attempt: z.int(),
  etaS: z.int().nullable(),
})

/** Begins the search for these trips, unless it was begun or is closed. */
export async function openDispatches(tx: Transaction, trips: readonly { tripId: string; pickup: Point }[]) {
  if (trips.length === 0) return
  await tx.$executeRaw`
    INSERT INTO dispatches (trip_id, state, pickup_lat, pickup_lng)
    SELECT "tripId", 'searching', (pickup->>'lat')::float8, (pickup->>'lng')::float8
    FROM jsonb_to_recordset(${JSON.stringify(trips)}::jsonb) AS asked("tripId" uuid, pickup jsonb) ORDER BY "tripId"
    ON CONFLICT (trip_id) DO NOTHING`
}

/** Locked in one order until the transaction ends, so that two batches wait for each other and never in a circle. */
export async function lockDispatches(tx: Transaction, tripIds: readonly string[]): Promise<Map<string, Dispatch>> {
  const rows = await readRows(tx, DispatchRow)`
    SELECT trip_id::text AS "tripId", state, driver_id AS "driverId", attempt, eta_s AS "etaS"
    FROM dispatches WHERE trip_id = ANY(${[...tripIds]}::uuid[]) ORDER BY trip_id FOR UPDATE`
  return new Map(rows.map((one) => [one.tripId, one]))
}

const SearchRow = row({
  state: z.enum(STATES),
  refusedBy: z.array(z.string()),
  lat: z.number().nullable(),
  lng: z.number().nullable(),
})

/** Where a search stands, without a lock; undefined before it has begun. */
export async function findSearch(db: Database, tripId: string) {
  const [found] = await readRows(db, SearchRow)`
    SELECT state, refused_by AS "refusedBy", pickup_lat AS lat, pickup_lng AS lng FROM dispatches WHERE trip_id = ${tripId}::uuid`
  return found
}

const DriverRow = row({ id: z.string() })

/** Those of these drivers who have no trip at this moment. */
export async function freeAmong(db: Database, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await readRows(db, DriverRow)`
    SELECT d.id FROM unnest(${[...ids]}::text[]) AS near(id) JOIN drivers d ON d.id = near.id WHERE d.trip_id IS NULL`
  return new Set(rows.map(({ id }) => id))
}

interface Offer {
  tripId: string
  /** Nearest first. */
  candidates: readonly { id: string; etaS: number }[]
  answerWithinMs: number
}

const OfferedRow = row({ driverId: z.string(), etaS: z.int() })

/**
 * Offers the trip to the first of these drivers who is free. One whom another transaction is about to take is passed over, and
 * nobody is waited for. @returns undefined when none of them is free any more
 */
export async function offer(tx: Transaction, { tripId, candidates, answerWithinMs }: Offer) {
  const [offered] = await readRows(tx, OfferedRow)`
    WITH near AS (
      SELECT id, (array_agg("etaS"))[1] AS eta, min(nth) AS nth FROM ROWS FROM (
        jsonb_to_recordset(${JSON.stringify(candidates)}::jsonb) AS (id text, "etaS" int)) WITH ORDINALITY AS near(id, "etaS", nth)
      GROUP BY id
    ), taken AS (
      UPDATE drivers SET trip_id = ${tripId}::uuid WHERE id = (
        SELECT d.id FROM near JOIN drivers d ON d.id = near.id
        WHERE d.trip_id IS NULL ORDER BY nth LIMIT 1 FOR UPDATE OF d SKIP LOCKED)
      RETURNING id
    )
    UPDATE dispatches SET state = 'offered', driver_id = taken.id, eta_s = near.eta, attempt = attempt + 1,
      answer_by = now() + ${answerWithinMs}::float8 * interval '1 ms'
    FROM taken JOIN near ON near.id = taken.id WHERE trip_id = ${tripId}::uuid
    RETURNING driver_id AS "driverId", eta_s AS "etaS"`
  return offered
}

export async function accept(tx: Transaction, tripId: string): Promise<void> {
  await tx.$executeRaw`UPDATE dispatches SET state = 'accepted', answer_by = NULL WHERE trip_id = ${tripId}::uuid`
}

/** These drivers do not take the trips that they were asked for: the search goes on without them, and they are free. */
export async function searchOn(tx: Transaction, tripIds: readonly string[]): Promise<void> {
  await tx.$executeRaw`
    UPDATE dispatches SET state = 'searching', refused_by = refused_by || driver_id, driver_id = NULL, answer_by = NULL
    WHERE trip_id = ANY(${[...tripIds]}::uuid[])`
  await freeDrivers(tx, tripIds)
}

/** A search that was never begun is closed too: its trip may be over before matching has heard of it. */
export async function closeDispatches(tx: Transaction, tripIds: readonly string[]): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO dispatches (trip_id, state) SELECT id, 'closed' FROM unnest(${[...tripIds]}::uuid[]) AS id ORDER BY id
    ON CONFLICT (trip_id) DO UPDATE SET state = 'closed', driver_id = NULL, answer_by = NULL`
  await freeDrivers(tx, tripIds)
}

async function freeDrivers(tx: Transaction, tripIds: readonly string[]) {
  await tx.$executeRaw`UPDATE drivers SET trip_id = NULL WHERE trip_id = ANY(${[...tripIds]}::uuid[])`
}

const LateRow = row({ tripId: z.string(), driverId: z.string(), attempt: z.int() })

/** Locks offers that nobody has answered in time; those that somebody answers at this moment are left to him. */
export function lockLateOffers(tx: Transaction, limit: number) {
  return readRows(tx, LateRow)`
    SELECT trip_id::text AS "tripId", driver_id AS "driverId", attempt FROM dispatches
    WHERE state = 'offered' AND answer_by < now() ORDER BY trip_id LIMIT ${limit} FOR UPDATE SKIP LOCKED`
}

export async function registerDrivers(db: Database, ids: readonly string[]): Promise<void> {
  await db.$executeRaw`
    INSERT INTO drivers (id) SELECT id FROM unnest(${[...ids]}::text[]) AS id ORDER BY id ON CONFLICT (id) DO NOTHING`
}
