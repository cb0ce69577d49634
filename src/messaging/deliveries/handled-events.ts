import { z } from 'zod'
import { readRows, row, type Database, type Transaction } from '#platform/database'
import type { RecordedEvent } from '../define-event.ts'

export interface HandledEntry {
  event: RecordedEvent
  /** From 1. */
  attempt: number
  /** Microseconds in this event's own call and handler; its share where one handler served many. */
  durationUs: number
}

/**
 * What is known of one event of a reaction before it is handled.
 * `open`: it may be handled. `handled`: it was, or its id belongs to an archive, where everything had its answer. `kept`: a dead, held or discarded delivery keeps it.
 * `not-in-store`: the event store does not have it, so it never happened (commits were lost in a failover, or a stranger
 * published it).
 */
export type Standing = z.infer<typeof Standing>
const Standing = z.enum(['open', 'handled', 'kept', 'not-in-store'])
const StandingRow = row({ id: z.string(), standing: Standing })

/** The standing of each of these events. */
export async function standingOf(
  db: Database | Transaction,
  reaction: string,
  eventIds: readonly string[],
): Promise<Map<string, Standing>> {
  const rows = await readRows(db, StandingRow)`
    SELECT id::text, CASE
      WHEN EXISTS (SELECT FROM handled_events h WHERE h.event_id = id AND h.reaction = ${reaction} OFFSET 0) THEN 'handled'
      WHEN EXISTS (SELECT FROM deliveries d WHERE d.event_id = id AND d.reaction = ${reaction}
        AND d.state IN ('dead', 'held', 'discarded') OFFSET 0) THEN 'kept'
      WHEN EXISTS (SELECT FROM events e WHERE e.id = wanted.id OFFSET 0) THEN 'open'
      WHEN EXISTS (SELECT FROM archives a WHERE wanted.id < a.to_id AND (a.from_id IS NULL OR wanted.id >= a.from_id)) THEN 'handled'
      ELSE 'not-in-store' END AS standing
    FROM unnest(${eventIds}::uuid[]) AS wanted(id)`
  return new Map(rows.map(({ id, standing }) => [id, standing]))
}

/** At least one of these events is not `open` any more: give the transaction up and ask for their standing. */
export class NotOpen extends Error {
  override name = 'NotOpen'
}

/**
 * Writes the rows of events whose handlers have run in this transaction, in order of event id. Waits for a transaction that
 * is writing one of the same rows at this moment. Nobody asks beforehand, because nearly every event is new: an event that
 * was handled, that a dead letter keeps, or that the event store does not have, is refused here.
 * @throws NotOpen when one is refused; the transaction must be given up
 */
export async function recordHandled(
  tx: Transaction,
  reaction: string,
  instance: string,
  entries: readonly HandledEntry[],
): Promise<void> {
  const rows = entries
    .map(({ event, attempt, durationUs }) => ({ event_id: event.id, attempt, duration_us: durationUs }))
    .sort((a, b) => (a.event_id < b.event_id ? -1 : 1))
  const entered = await tx.$executeRaw`
    INSERT INTO handled_events (event_id, reaction, handled_at, duration_us, attempt, instance)
    SELECT event_id, ${reaction}, clock_timestamp(), least(duration_us, 2147483647), attempt, ${instance}
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row(event_id uuid, attempt int, duration_us bigint)
    WHERE EXISTS (SELECT FROM events e WHERE e.id = row.event_id OFFSET 0)
      AND NOT EXISTS (SELECT FROM deliveries d WHERE d.event_id = row.event_id AND d.reaction = ${reaction}
        AND d.state IN ('dead', 'held', 'discarded') OFFSET 0)
    ORDER BY event_id
    ON CONFLICT (event_id, reaction) DO NOTHING`
  if (entered !== entries.length) throw new NotOpen(`${reaction}: not every event of the batch is open`)
}
