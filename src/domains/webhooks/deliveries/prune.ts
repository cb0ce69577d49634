import type { Database } from '#platform/database'

/**
 * Forgets deliveries that ended so long ago, with their attempts, and those that have waited so long for an endpoint that was disabled
 * so long ago; not one that is asked for again at this moment. @returns how many
 */
export function pruneDeliveries(
  db: Database,
  { olderThanMs, limit }: { olderThanMs: number; limit: number },
): Promise<number> {
  // The outer condition is asked again of a row that somebody else was changing, and that of the endpoint under its lock.
  return db.$executeRaw`
    WITH old AS (SELECT now() - ${olderThanMs}::float8 * interval '1 ms' AS moment)
    DELETE FROM webhook_deliveries USING old
    WHERE (ended_at < moment OR state = 'waiting' AND due_at < moment) AND (endpoint_id, event_id) IN (
      (SELECT endpoint_id, event_id FROM webhook_deliveries WHERE ended_at < (SELECT moment FROM old) ORDER BY ended_at LIMIT ${limit})
      UNION ALL
      SELECT endpoint_id, event_id FROM (
        SELECT d.endpoint_id, d.event_id FROM webhook_endpoints w JOIN webhook_deliveries d ON d.endpoint_id = w.id
        WHERE w.disabled_at < (SELECT moment FROM old) AND d.state = 'waiting' AND d.due_at < (SELECT moment FROM old)
        LIMIT ${limit} FOR SHARE OF w) AS waiting
      LIMIT ${limit})`
}
