import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'

/** An event that the relay has published. */
export type PublishedEvent = z.infer<typeof PublishedEvent>
const PublishedEvent = row({
  position: z.bigint(),
  id: z.string(),
  type: z.string(),
  stream: z.string(),
  streamVersion: z.int(),
  correlationId: z.string(),
  causationId: z.string().nullable(),
  actor: z.string().nullable(),
  time: z.date(),
})

/**
 * Events after a position, in the order of publication, up to where the relay has come: beyond that a transaction may still be open
 * whose event comes before.
 */
export function readPublishedAfter(db: Database, position: bigint, limit: number): Promise<PublishedEvent[]> {
  return readRows(db, PublishedEvent)`
    SELECT position, id::text, type, stream, stream_version AS "streamVersion", correlation_id AS "correlationId",
      causation_id::text AS "causationId", actor, occurred_at AS time
    FROM events WHERE position > ${position} AND position <= (SELECT coalesce(max(position), 0) FROM relay_checkpoints)
    ORDER BY position LIMIT ${limit}`
}
