import { z } from 'zod'
import { readRows, row, type Transaction } from '#platform/database'
import type { Verdict } from './screen.ts'

const EarlierRow = row({ riderId: z.string(), earlier: z.int() })

/** How often each of these riders has asked within ten minutes. */
export async function requestsOf(tx: Transaction, riderIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await readRows(tx, EarlierRow)`
    SELECT rider_id AS "riderId", count(*)::int AS earlier FROM screenings
    WHERE rider_id = ANY(${[...riderIds]}::text[]) AND screened_at > now() - interval '10 min' GROUP BY rider_id`
  return new Map(rows.map(({ riderId, earlier }) => [riderId, earlier]))
}

interface Screening {
  tripId: string
  riderId: string
  verdict: Verdict
}

export async function keepScreenings(tx: Transaction, screenings: readonly Screening[]): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO screenings (trip_id, rider_id, verdict) SELECT "tripId", "riderId", coalesce(verdict, 'cleared')
    FROM jsonb_to_recordset(${JSON.stringify(screenings)}::jsonb) AS new("tripId" uuid, "riderId" text, verdict text)`
}
