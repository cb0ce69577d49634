import type { Transaction } from '#platform/database'

interface Request {
  city: string
  zone: string
  /** Whole minute. */
  minute: string
}

/** Adds to the counters, in one order: two batches wait for each other and never in a circle. */
export async function countRequests(tx: Transaction, requests: readonly Request[]): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO demand (city, zone, minute, requests)
    SELECT city, zone, minute, count(*) FROM jsonb_to_recordset(${JSON.stringify(requests)}::jsonb)
      AS asked(city text, zone text, minute timestamptz)
    GROUP BY city, zone, minute ORDER BY city, zone, minute
    ON CONFLICT (city, zone, minute) DO UPDATE SET requests = demand.requests + excluded.requests`
}
