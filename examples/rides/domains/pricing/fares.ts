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

/** The first one holds, whatever comes later. @returns false when there was one */
export async function lockFare(tx: Transaction, { tripId, zone, fare, surge }: Fare): Promise<boolean> {
  const locked = await tx.$executeRaw`
    INSERT INTO fares (trip_id, zone, amount, currency, surge)
    VALUES (${tripId}::uuid, ${zone}, ${fare.amount}, ${fare.currency}, ${surge})
    ON CONFLICT (trip_id) DO NOTHING`
  return locked === 1
}

const DemandRow = row({ zone: z.string(), requests: z.int() })

/** Requests of the last minute, by zone. */
export async function demand(db: Database): Promise<ReadonlyMap<string, number>> {
  const rows = await readRows(db, DemandRow)`
    SELECT zone, count(*)::int AS requests FROM fares
    WHERE locked_at > now() - ${DEMAND_MS}::float8 * interval '1 ms' GROUP BY zone`
  return new Map(rows.map(({ zone, requests }) => [zone, requests]))
}
