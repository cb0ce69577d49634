import type { Database } from '#platform/database'

/** Forgets deliveries that ended so long ago, with their attempts; not one that is asked for again at this moment. @returns how many */
export function pruneDeliveries(
  db: Database,
  { olderThanMs, limit }: { olderThanMs: number; limit: number },
): Promise<number> {
  // The outer condition is asked again of a row that somebody else was changing.
  return db.$executeRaw`
    DELETE FROM webhook_deliveries WHERE ended_at < now() - ${olderThanMs}::float8 * interval '1 ms' AND (endpoint_id, event_id) IN (
      SELECT endpoint_id, event_id FROM webhook_deliveries
      WHERE ended_at < now() - ${olderThanMs}::float8 * interval '1 ms' ORDER BY ended_at LIMIT ${limit})`
}
