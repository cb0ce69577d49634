import { z } from 'zod'
import { readRow, readRows, row, type Database } from '#platform/database'
import { readWork } from '../matching/work.ts'
import { surgeOf } from '../pricing/fare.ts'
import { demand } from '../pricing/fares.ts'
import type { Positions } from './positions.ts'

const WaitingRow = row({ id: z.string(), lat: z.number(), lng: z.number(), since: z.date() })

const CountRow = row({
  requested: z.int(),
  waiting: z.int(),
  driving: z.int(),
  paid: z.int(),
  taken: z.int(),
  ended: z.int(),
})

const RecentRow = row({
  id: z.string(),
  status: z.string(),
  riderId: z.string(),
  at: z.date(),
  amount: z.int().nullable(),
})

/** The city at this moment: who drives where, who waits, what demand does to the fare, and the figures of the last minute. */
export async function readCity(db: Database, positions: Positions) {
  const [drivers, free, asked, work, waiting, figures, recent] = await Promise.all([
    positions.all().catch(() => []), // a map without cars is better than none
    positions.supply().catch(() => new Map<string, number>()),
    demand(db),
    readWork(db),
    readWaiting(db),
    readFigures(db),
    readRecent(db),
  ])
  const zones = [...new Set([...asked.keys(), ...free.keys()])].map((cell) => {
    const [requests, supply] = [asked.get(cell) ?? 0, free.get(cell) ?? 0]
    return { cell, requests, free: supply, surge: surgeOf(requests, supply) }
  })
  return { at: new Date(), drivers: drivers.map(short), zones, work, waiting, figures, recent }
}

const short = ({ id, lat, lng, free }: { id: string; lat: number; lng: number; free: boolean }) => ({
  id,
  lat,
  lng,
  free,
})

const readWaiting = (db: Database) => readRows(db, WaitingRow)`
  SELECT id::text, pickup_lat AS lat, pickup_lng AS lng, requested_at AS since FROM trips
  WHERE status = 'requested' ORDER BY requested_at LIMIT 500`

const readRecent = (db: Database) => readRows(db, RecentRow)`
  SELECT id::text, status, rider_id AS "riderId", updated_at AS at, fare_amount AS amount FROM trips ORDER BY updated_at DESC LIMIT 14`

const readFigures = (db: Database) => readRow(db, CountRow)`
  SELECT count(*) FILTER (WHERE requested_at > now() - interval '1 min')::int AS requested,
    count(*) FILTER (WHERE status = 'requested')::int AS waiting,
    count(*) FILTER (WHERE status IN ('confirmed', 'started'))::int AS driving,
    count(*) FILTER (WHERE status = 'paid')::int AS paid,
    coalesce(sum(fare_amount) FILTER (WHERE status = 'paid'), 0)::int AS taken,
    count(*) FILTER (WHERE status IN ('cancelled', 'expired', 'rejected', 'unpaid'))::int AS ended
  FROM trips WHERE updated_at > now() - interval '1 min' OR status IN ('requested', 'confirmed', 'started')`
