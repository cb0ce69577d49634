import { z } from 'zod'
import { readRow, row, type Transaction } from '#platform/database'
import type { Verdict } from './screen.ts'

const EarlierRow = row({ earlier: z.int() })

/** How often this rider has asked within ten minutes. */
export async function requestsOf(tx: Transaction, riderId: string): Promise<number> {
  const { earlier } = await readRow(tx, EarlierRow)`
    SELECT count(*)::int AS earlier FROM screenings
    WHERE rider_id = ${riderId} AND screened_at > now() - interval '10 min'`
  return earlier
}

export async function keepScreening(tx: Transaction, tripId: string, riderId: string, verdict: Verdict) {
  await tx.$executeRaw`
    INSERT INTO screenings (trip_id, rider_id, verdict) VALUES (${tripId}::uuid, ${riderId}, ${verdict ?? 'cleared'})`
}
