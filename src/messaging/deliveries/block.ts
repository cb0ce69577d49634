import type { Database, Transaction } from '#platform/database'
import { uuidv7 } from '#platform/uuid'
import type { RecordedEvent } from '../define-event.ts'

/**
 * One process at a time decides about a stream of an ordered reaction, until its transaction ends. Locked one at a time and in
 * one order, which is the same for all: they can only wait for each other.
 */
export async function lockStreams(tx: Transaction, reaction: string, streams: readonly string[]): Promise<void> {
  const keys = streams.map((stream) => `${reaction}:${stream}`).toSorted()
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest(${keys}::text[]) AS wanted(key)`
}

/** Notes that events of an ordered reaction wait behind an earlier one of their stream. */
export async function blockBehind(
  db: Database | Transaction,
  reaction: string,
  instance: string,
  events: readonly RecordedEvent[],
): Promise<void> {
  if (events.length === 0) return
  const rows = events.map(({ id, type, stream, streamVersion, correlationId }) => {
    return {
      id: uuidv7(),
      event_id: id,
      event_type: type,
      stream,
      stream_version: streamVersion,
      correlation_id: correlationId,
    }
  })
  await db.$executeRaw`
    INSERT INTO deliveries AS d (id, reaction, event_id, event_type, stream, stream_version, correlation_id, state, reason, instance)
    SELECT id, ${reaction}, event_id, event_type, stream, stream_version, correlation_id, 'blocked', 'blocked', ${instance}
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row(
      id uuid, event_id uuid, event_type text, stream text, stream_version int, correlation_id text)
    ORDER BY event_id
    ON CONFLICT (reaction, event_id) DO UPDATE SET state = 'blocked', due_at = NULL, claimed_by = NULL, starts = 0
    WHERE d.state = 'retrying'`
}

/**
 * What waited in these streams is due: the event before it was handled, or an operator closed it. What is still behind another one is
 * blocked again when it is tried.
 * @returns how many
 */
export function releaseBlocked(
  db: Database | Transaction,
  reaction: string,
  streams: readonly string[],
): Promise<number> {
  return db.$executeRaw`
    UPDATE deliveries SET state = 'retrying', due_at = clock_timestamp(), reason = 'released'
    WHERE id IN (SELECT id FROM deliveries
      WHERE reaction = ${reaction} AND stream = ANY(${[...streams]}::text[]) AND state = 'blocked' ORDER BY id FOR UPDATE)`
}

/**
 * Releases what is blocked behind nothing. The transactions that bring an event to its end do this for what waits behind it;
 * this is the net below them, called by reconciliation.
 * @returns how many
 */
export function releaseStranded(db: Database, reaction: string): Promise<number> {
  return db.$executeRaw`
    UPDATE deliveries b SET state = 'retrying', due_at = clock_timestamp(), reason = 'released'
    WHERE b.reaction = ${reaction} AND b.state = 'blocked' AND NOT EXISTS (
      SELECT FROM events e JOIN subscriptions s ON s.reaction = b.reaction AND s.event_type = e.type AND e.position > s.since
      WHERE e.stream = b.stream AND e.stream_version < b.stream_version
        AND NOT EXISTS (SELECT FROM handled_events h WHERE h.event_id = e.id AND h.reaction = b.reaction)
        AND NOT EXISTS (SELECT FROM deliveries d WHERE d.event_id = e.id AND d.reaction = b.reaction AND d.state = 'discarded'))`
}
