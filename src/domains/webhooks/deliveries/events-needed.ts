import { z } from 'zod'
import { readRows, row, type Database, type Transaction } from '#platform/database'

const CursorRow = row({ position: z.bigint() })
const WaitingRow = row({ id: z.string(), count: z.int() })

/** Why webhooks still need the events of a partition, the last of which has that position: a sentence for each reason. */
export async function eventsNeeded(
  db: Database | Transaction,
  { from, to }: { from: string | null; to: string },
  last: bigint,
): Promise<string[]> {
  const behind = await readRows(db, CursorRow)`SELECT position FROM webhook_cursor WHERE position < ${last}`
  const waiting = await readRows(db, WaitingRow)`
    SELECT w.id::text, waiting.count FROM webhook_endpoints w CROSS JOIN LATERAL (
      SELECT count(*)::int AS count FROM webhook_deliveries d
      WHERE d.endpoint_id = w.id AND d.state = 'waiting'
        AND (${from}::uuid IS NULL OR d.event_id >= ${from}::uuid) AND d.event_id < ${to}::uuid) AS waiting
    WHERE waiting.count > 0 ORDER BY w.id`
  return [
    ...behind.map(({ position }) => `webhooks have come to position ${position}, and its events go to ${last}`),
    ...waiting.map(({ id, count }) => `the webhook endpoint ${id} waits for ${count} of its events`),
  ]
}
