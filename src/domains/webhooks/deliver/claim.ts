import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'

/** A delivery that this process has in hand. */
export type Claimed = z.infer<typeof ClaimedRow>
const ClaimedRow = row({
  eventId: z.string(),
  orderId: z.string(),
  attempts: z.int(),
  /** As `due_at` stands while nobody else has taken it, or asked for it again. */
  heldUntil: z.date(),
})

/** Milliseconds for which a delivery is in hand beyond the time of its request: then its process has died, and another takes it. */
const MARGIN_MS = 3_000

interface Taking {
  limit: number
  timeoutMs: number
}

/**
 * Takes what is due for an endpoint, the longest due first. Of an ordered one, no event of an order for which an earlier one waits,
 * whoever has that in hand.
 */
export function claimDeliveries(
  db: Database,
  { id, ordered }: { id: string; ordered: boolean },
  { limit, timeoutMs }: Taking,
): Promise<Claimed[]> {
  return readRows(db, ClaimedRow)`
    UPDATE webhook_deliveries d SET due_at = now() + ${timeoutMs + MARGIN_MS}::float8 * interval '1 ms'
    FROM (
      SELECT c.endpoint_id, c.event_id FROM webhook_deliveries c
      WHERE c.endpoint_id = ${id}::uuid AND c.state = 'waiting' AND c.due_at <= now()
        AND (NOT ${ordered} OR NOT EXISTS (
          SELECT FROM webhook_deliveries b WHERE b.endpoint_id = c.endpoint_id AND b.order_id = c.order_id
            AND b.stream_version < c.stream_version AND b.state = 'waiting'))
      ORDER BY c.due_at, c.event_id LIMIT ${limit} FOR UPDATE SKIP LOCKED
    ) AS picked
    WHERE d.endpoint_id = picked.endpoint_id AND d.event_id = picked.event_id
    RETURNING d.event_id::text AS "eventId", d.order_id::text AS "orderId", d.attempts, d.due_at AS "heldUntil"`
}

const StandingRow = row({ id: z.string(), isDue: z.boolean() })

/** The endpoints that are told of events, and whether something is due for them. */
export function standingEndpoints(db: Database): Promise<z.infer<typeof StandingRow>[]> {
  return readRows(db, StandingRow)`
    SELECT w.id::text, EXISTS (
      SELECT FROM webhook_deliveries d WHERE d.endpoint_id = w.id AND d.state = 'waiting' AND d.due_at <= now()) AS "isDue"
    FROM webhook_endpoints w WHERE w.disabled_because IS NULL`
}
