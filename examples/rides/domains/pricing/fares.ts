import { z } from 'zod'
import { readRows, row, type Database, type Transaction } from '#platform/database'
import type { Money } from '../../events/index.ts'

/** Milliseconds that a request counts as demand. */
const DEMAND_MS = 60_000

interface Fare {
  tripId: string
  zone: string
  fare: Money
  surge: number
}

const LockedRow = row({ tripId: z.string() })

/** The first one of a trip holds, whatever comes later. @returns the trips whose fare is locked by this */
export async function lockFares(tx: Transaction, fares: readonly Fare[]): Promise<ReadonlySet<string>> {
  const rows = fares.map(({ fare, ...one }) => ({ ...one, ...fare }))
  const locked = await readRows(tx, LockedRow)`
    INSERT INTO fares (trip_id, zone, amount, currency, surge) SELECT "tripId", zone, amount, currency, surge
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS new("tripId" uuid, zone text, amount int, currency text, surge int) ORDER BY "tripId"
    ON CONFLICT (trip_id) DO NOTHING RETURNING trip_id::text AS "tripId"`
  return new Set(locked.map(({ tripId }) => tripId))
}

const DemandRow = row({ zone: z.string(), requests: z.int() })

/** Requests of the last minute, by zone. */
export async function demand(db: Database): Promise<ReadonlyMap<string, number>> {
  const rows = await readRows(db, DemandRow)`
    SELECT zone, count(*)::int AS requests FROM fares
    WHERE locked_at > now() - ${DEMAND_MS}::float8 * interval '1 ms' GROUP BY zone`
  return new Map(rows.map(({ zone, requests }) => [zone, requests]))
}
