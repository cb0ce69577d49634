import { z } from 'zod'
import { readRow, readRows, row, type Database, type Transaction } from '#platform/database'
import { uuidv7 } from '#platform/uuid'
import type { RecordedEvent } from '../define-event.ts'
import type { UnreadableReason } from '../errors.ts'
import { closeHandled } from './close.ts'
import { fingerprintOf } from './failure/fingerprint.ts'
import { errorColumns } from './failure/printable.ts'

/** Why a delivery is tried again. Stable codes. */
export type RetryReason = 'failed' | 'retry-later' | 'unknown-type' | 'newer-version'
/** Why a reaction gave a message up. Stable codes. */
export type DeadReason =
  UnreadableReason | 'unrecoverable' | 'attempts-exhausted' | 'poison' | 'delivery-limit' | 'not-in-store'

/** One attempt at an event that did not succeed. */
export interface FailedAttempt {
  event: Pick<RecordedEvent, 'id' | 'type' | 'stream' | 'streamVersion' | 'correlationId'>
  /** From 1. */
  attempt: number
  error: Error
  /** W3C trace context of the attempt. @default null */
  triedIn?: string | null
  /** What it failed of, where that is something that the reaction calls. @default null */
  dependency?: string | null
  /** Tried again after so many milliseconds of the database's clock, or given up. */
  next: { kind: 'retry'; reason: RetryReason; afterMs: number } | { kind: 'dead'; reason: DeadReason }
}

const FirstDue = row({ dueInMs: z.number().nullable() })

/**
 * Records failed attempts: the answer of each delivery, and its history. A postponement (`retry-later` and the two that wait for a
 * newer release) uses up no attempt and leaves no history. A delivery that another process has taken over, that an
 * operator has closed, or whose event was handled meanwhile is left as it is. What is to be tried again is kept only while its type
 * is subscribed: after `retire` nobody is owed it.
 * @returns milliseconds until the first of them is due
 */
export async function recordFailures(
  db: Database,
  reaction: string,
  instance: string,
  failed: readonly FailedAttempt[],
): Promise<number | undefined> {
  if (failed.length === 0) return undefined
  const rows = failed.map((one) => toRow(reaction, one)).sort((a, b) => (a.event_id < b.event_id ? -1 : 1))
  const { dueInMs } = await readRow(db, FirstDue)`
    WITH given AS MATERIALIZED (
      SELECT *, CASE WHEN state = 'retrying' THEN now + after_ms * interval '1 ms' END AS due_at
      FROM (SELECT clock_timestamp() AS now) AS clock, jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row(
        id uuid, event_id uuid, event_type text, stream text, stream_version int, correlation_id text, state text, after_ms float8,
        reason text, attempt int, attempts int, what text, error_name text, error_message text, stack text, fingerprint text, traceparent text,
        dependency text)
    ), subscribed AS MATERIALIZED ( -- one that is retired at this moment is waited for, and is gone then
      SELECT event_type FROM subscriptions
      WHERE reaction = ${reaction} AND event_type IN (SELECT event_type FROM given WHERE state = 'retrying') FOR SHARE
    ), written AS (
      INSERT INTO deliveries AS d (id, reaction, event_id, event_type, stream, stream_version, correlation_id, state, due_at, attempts,
        reason, error_name, error_message, stack, fingerprint, first_failed_at, failed_at, instance, traceparent, dependency)
      SELECT id, ${reaction}, event_id, event_type, stream, stream_version, correlation_id, state, due_at, attempts,
        reason, error_name, error_message, stack, fingerprint, now, now, ${instance}, traceparent, dependency
      FROM given WHERE NOT EXISTS (
        SELECT FROM handled_events h WHERE h.event_id = given.event_id AND h.reaction = ${reaction} OFFSET 0)
        AND (state = 'dead' OR event_type IN (SELECT event_type FROM subscribed))
      ORDER BY event_id
      ON CONFLICT (reaction, event_id) DO UPDATE SET
        state = excluded.state, due_at = excluded.due_at, claimed_by = NULL, starts = 0,
        attempts = greatest(d.attempts, excluded.attempts), reason = excluded.reason, error_name = excluded.error_name,
        error_message = excluded.error_message, stack = excluded.stack, fingerprint = excluded.fingerprint,
        first_failed_at = coalesce(d.first_failed_at, excluded.first_failed_at), failed_at = excluded.failed_at,
        instance = excluded.instance, closed_at = NULL, traceparent = excluded.traceparent, dependency = excluded.dependency
      WHERE d.state IN ('blocked', 'resolved') OR (d.state = 'retrying' AND coalesce(d.claimed_by, ${instance}) = ${instance})
      RETURNING id, event_id, due_at
    ), told AS (
      INSERT INTO delivery_history (reaction, event_id, delivery_id, at, what, attempt, error_name, error_message, stack, instance, due_at)
      SELECT ${reaction}, given.event_id, written.id, now, what, attempt, error_name, error_message, stack, ${instance},
        written.due_at
      FROM written JOIN given USING (event_id) WHERE what IS NOT NULL
    )
    SELECT extract(epoch FROM min(due_at) - clock_timestamp())::float8 * 1000 AS "dueInMs" FROM written`
  const givenUp = failed.filter(({ next }) => next.kind === 'dead').map(({ event }) => event.id)
  await closeHandled(db, reaction, givenUp) // another process may have handled one in this moment
  return dueInMs ?? undefined
}

function toRow(reaction: string, { event, attempt, error, next, triedIn = null, dependency = null }: FailedAttempt) {
  const postponed = next.kind === 'retry' && next.reason !== 'failed'
  return {
    id: uuidv7(),
    event_id: event.id,
    event_type: event.type,
    stream: event.stream,
    stream_version: event.streamVersion,
    correlation_id: event.correlationId,
    state: next.kind === 'dead' ? 'dead' : 'retrying',
    after_ms: next.kind === 'dead' ? 0 : next.afterMs,
    reason: next.reason,
    attempt,
    attempts: postponed ? attempt - 1 : attempt,
    what: postponed ? null : next.kind === 'dead' ? 'dead' : 'failed',
    ...errorColumns(error),
    fingerprint: fingerprintOf(reaction, event.type, next.reason, error),
    traceparent: triedIn,
    dependency,
  }
}

const GivenUp = row({ eventId: z.string() })

/** Those of these events that the reaction has given up before: it hears of them again because somebody has redriven them. */
export async function givenUpAmong(
  tx: Transaction,
  reaction: string,
  eventIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await readRows(tx, GivenUp)`
    SELECT DISTINCT event_id AS "eventId" FROM delivery_history
    WHERE event_id = ANY(${[...eventIds]}::uuid[]) AND reaction = ${reaction} AND what = 'dead'`
  return new Set(rows.map(({ eventId }) => eventId))
}
