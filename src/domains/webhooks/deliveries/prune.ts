import type { Database } from '#platform/database'

/** Forgets deliveries that ended so long ago, with their attempts. @returns how many */
export function pruneDeliveries(
  db: Database,
  { olderThanMs, limit }: { olderThanMs: number; limit: number },
): Promise<number> {
  return db.$executeRaw`
    DELETE FROM webhook_deliveries WHERE (endpoint_id, event_id) IN (
      SELECT endpoint_id, event_id FROM webhook_deliveries
      WHERE ended_at < now() - ${olderThanMs}::float8 * interval '1 ms' ORDER BY ended_at LIMIT ${limit})`
}
