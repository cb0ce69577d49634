import type { Database, Transaction } from '#platform/database'
import type { RecordedEvent } from '../define-event.ts'

export interface HandledEntry {
  event: RecordedEvent
  /** From 1. */
  attempt: number
  /** Microseconds in this event's own call and handler; its share where one handler served many. */
  durationUs: number
}

/** The ids, out of the given ones, that this reaction has handled before. */
export async function handledBefore(
  db: Database | Transaction,
  reaction: string,
  eventIds: readonly string[],
): Promise<Set<string>> {
  const rows = await db.$queryRaw<{ eventId: string }[]>`
    SELECT event_id AS "eventId" FROM handled_events WHERE reaction = ${reaction} AND event_id = ANY(${eventIds}::uuid[])`
  return new Set(rows.map(({ eventId }) => eventId))
}

/** Another process has handled one of these events since this transaction looked: give it up and look again. */
export class HandledMeanwhile extends Error {
  override name = 'HandledMeanwhile'
}

/**
 * Writes the ledger rows of events whose handlers have run in this transaction, in order of event id. Waits for a
 * transaction that is writing one of the same rows at this moment.
 * @throws HandledMeanwhile when a row is there already; the transaction must be given up
 */
export async function enterHandled(
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
    SELECT event_id, ${reaction}, clock_timestamp(), duration_us, attempt, ${instance}
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row(event_id uuid, attempt int, duration_us int)
    ORDER BY event_id
    ON CONFLICT (event_id, reaction) DO NOTHING`
  if (entered !== entries.length) throw new HandledMeanwhile(`${reaction}: handled by another process at the same time`)
}

/** Notes the start of handling suspicious messages together; answers those of them that were not noted before. */
export async function noteFirstStarts(
  db: Database,
  reaction: string,
  eventIds: readonly string[],
): Promise<Set<string>> {
  const rows = await db.$queryRaw<{ eventId: string }[]>`
    INSERT INTO delivery_starts (event_id, reaction, starts) SELECT DISTINCT unnest(${eventIds}::uuid[]), ${reaction}, 1
    ON CONFLICT (event_id, reaction) DO NOTHING
    RETURNING event_id AS "eventId"`
  return new Set(rows.map(({ eventId }) => eventId))
}

/** Notes the start of handling a suspicious message; answers how often it was started, this time included. */
export async function noteStart(db: Database, reaction: string, eventId: string): Promise<number> {
  const [row] = await db.$queryRaw<{ starts: number }[]>`
    INSERT INTO delivery_starts AS s (event_id, reaction, starts) VALUES (${eventId}::uuid, ${reaction}, 1)
    ON CONFLICT (event_id, reaction) DO UPDATE SET starts = s.starts + 1
    RETURNING starts`
  return row!.starts
}

/** The process has survived handling these messages. */
export async function clearStarts(db: Database, reaction: string, eventIds: readonly string[]): Promise<void> {
  await db.$executeRaw`DELETE FROM delivery_starts WHERE event_id = ANY(${eventIds}::uuid[]) AND reaction = ${reaction}`
}

export interface FailedAttempt {
  eventId: string
  attempt: number
  error: Error
  retryAt: Date | null
}

/** Records failed attempts, for the story. Stacks are cut at 8 KiB. */
export async function recordFailures(
  db: Database | Transaction,
  reaction: string,
  instance: string,
  failed: readonly FailedAttempt[],
) {
  if (failed.length === 0) return
  const rows = failed.map(({ eventId, attempt, error, retryAt }) => ({
    event_id: eventId,
    attempt,
    error_name: printable(error.name, 200),
    error_message: printable(error.message, 2_000),
    stack: error.stack === undefined ? null : printable(error.stack, MAX_STACK),
    retry_at: retryAt,
  }))
  await db.$executeRaw`
    INSERT INTO delivery_failures (event_id, reaction, attempt, failed_at, error_name, error_message, stack, instance, retry_at)
    SELECT event_id, ${reaction}, attempt, clock_timestamp(), error_name, error_message, stack, ${instance}, retry_at
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row(
      event_id uuid, attempt int, error_name text, error_message text, stack text, retry_at timestamptz)`
}

const MAX_STACK = 8 * 1024

/** PostgreSQL's text holds neither NUL nor half a surrogate pair, and nobody reads a megabyte of message. */
export function printable(text: string, max: number): string {
  return text
    .slice(0, max)
    .replaceAll('\0', '\\0')
    .replaceAll(/\p{Surrogate}/gu, '\uFFFD')
}
