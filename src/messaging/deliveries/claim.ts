import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import { Prisma } from '#prisma'
import type { RecordedEvent } from '../define-event.ts'
import { eventColumns } from '../event-store/event-columns.ts'
import { knownVersions, readable, type Reader } from './due.ts'

/** Milliseconds that a claim lasts unless it is renewed: how long a delivery waits whose process died. */
export const CLAIM_MS = 10_000

/** A delivery that this process has in hand. */
export interface Claimed {
  id: string
  /** Failed attempts so far. */
  attempts: number
  /** Deliveries begun without an outcome, this one included. */
  starts: number
  /** Milliseconds since it failed, or was postponed, for the first time; null when it never was. */
  troubledForMs: number | null
  /** As it is stored; missing when the event store does not have it. */
  event: RecordedEvent | undefined
  /** What an operator put in its place. */
  edited: Buffer | null
  /** Trace context of the attempt that failed last. */
  triedIn: string | null
  eventId: string | null
  eventType: string | null
}

const claimColumns = {
  id: z.string(),
  eventId: z.string().nullable(),
  eventType: z.string().nullable(),
  attempts: z.int(),
  starts: z.int(),
  troubledForMs: z.number().nullable(),
  edited: z.instanceof(Uint8Array).nullable(),
  triedIn: z.string().nullable(),
}
const { id: _, ...otherColumns } = eventColumns

type DueRow = z.infer<typeof DueRow>
const DueRow = z.discriminatedUnion('stored', [
  row({ ...claimColumns, stored: z.literal(true), ...otherColumns, eventId: z.string() }),
  z.looseObject({ ...claimColumns, stored: z.literal(false) }),
])

/** A delivery, and how often it has been begun when it is begun this time. Absolute, so that what is repeated counts once. */
type Begun = Pick<Claimed, 'id' | 'starts'>

interface Claimant extends Reader {
  /** Who would be begun for the last time is counted by `beginAlone`: until its turn comes, others may end this process. */
  poisonAfter: number
  /** What this process has in hand already: a claim that it could not renew in time is still its own. */
  inHand: readonly string[]
  /** Whether to take what another process has claimed, and has not renewed. */
  takesOver: boolean
}

/**
 * Takes due deliveries of a reaction in hand, those due first, of types and versions that this release of it knows. Replicas
 * share them: each goes to one process, and to another one only when the claim has run out. In order of position, so that
 * events of one stream come in their order.
 */
export async function claimDue(
  db: Database,
  { reaction, on, poisonAfter, inHand, takesOver }: Claimant,
  instance: string,
  limit: number,
): Promise<Claimed[]> {
  const known = Prisma.sql`${JSON.stringify(knownVersions({ on }))}::jsonb`
  const rows = await readRows(db, DueRow)`
    WITH due AS MATERIALIZED (
      SELECT id, starts + 1 AS starts FROM deliveries d
      WHERE reaction = ${reaction} AND state = 'retrying' AND due_at <= statement_timestamp() -- an index takes this clock only
        AND ${readable(known)}
        AND id <> ALL(${[...inHand]}::uuid[]) AND (${takesOver} OR claimed_by IS NULL OR claimed_by = ${instance})
      ORDER BY due_at, stream_version LIMIT ${limit} FOR UPDATE SKIP LOCKED
    ), claimed AS (
      UPDATE deliveries d
      SET claimed_by = ${instance}, due_at = clock_timestamp() + ${CLAIM_MS}::float8 * interval '1 ms', starts = CASE WHEN due.starts < ${poisonAfter} THEN due.starts ELSE d.starts END
      FROM due WHERE d.id = due.id
      RETURNING d.id, d.event_id, d.event_type, d.attempts, d.traceparent AS tried_in, due.starts,
        extract(epoch FROM clock_timestamp() - d.first_failed_at)::float8 * 1000 AS troubled, CASE WHEN d.edited_at IS NOT NULL THEN d.body END AS edited
    )
    SELECT claimed.id AS "id", claimed.event_id AS "eventId", claimed.event_type AS "eventType", claimed.attempts, claimed.starts,
      claimed.troubled AS "troubledForMs", claimed.edited, claimed.tried_in AS "triedIn", e.id IS NOT NULL AS stored, e.type, e.version, e.stream, e.stream_version AS "streamVersion", e.data,
      e.correlation_id AS "correlationId", e.causation_id AS "causationId", e.traceparent, e.actor, e.occurred_at AS "time"
    FROM claimed LEFT JOIN events e ON e.id = claimed.event_id
    ORDER BY e.position`
  return rows.map(toClaimed)
}

function toClaimed(due: DueRow): Claimed {
  const { id, attempts, starts, troubledForMs, eventId, eventType, triedIn } = due
  const edited = due.edited && Buffer.from(due.edited)
  return {
    id,
    eventId,
    eventType,
    attempts,
    starts,
    troubledForMs,
    edited,
    triedIn,
    event: due.stored ? toEvent(due) : undefined,
  }
}

function toEvent(due: Extract<DueRow, { stored: true }>): RecordedEvent {
  const { type, version, stream, streamVersion, data, correlationId, causationId, traceparent, actor, time } = due
  const about = { correlationId, causationId, traceparent, actor, time }
  return { id: due.eventId, type, version, stream, streamVersion, data, ...about }
}

/** This process still has them in hand. One that was claimed by another meanwhile stays with that one. */
export async function renewClaims(db: Database, instance: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await db.$executeRaw`
    UPDATE deliveries SET due_at = clock_timestamp() + ${CLAIM_MS}::float8 * interval '1 ms'
    WHERE id = ANY(${ids}::uuid[]) AND state = 'retrying' AND claimed_by = ${instance}`
}

/** One that may have ended processes is begun now, by itself. `endAlone` when it has ended without being handled. */
export async function beginAlone(db: Database, instance: string, { id, starts }: Begun): Promise<void> {
  await db.$executeRaw`
    UPDATE deliveries SET starts = ${starts} WHERE id = ${id}::uuid AND state = 'retrying' AND claimed_by = ${instance}`
}

/** It has not ended this process. */
export async function endAlone(db: Database, instance: string, { id, starts }: Begun): Promise<void> {
  await db.$executeRaw`
    UPDATE deliveries SET starts = ${starts - 1}
    WHERE id = ${id}::uuid AND state = 'retrying' AND claimed_by = ${instance}`
}

/** Not begun, or not brought to an end because the process stops: due at once, and begun as often as before it was claimed. */
export async function giveBackClaims(db: Database, instance: string, claims: readonly Begun[]): Promise<void> {
  if (claims.length === 0) return
  await db.$executeRaw`
    UPDATE deliveries d SET due_at = clock_timestamp(), claimed_by = NULL, starts = given.starts - 1
    FROM unnest(${claims.map(({ id }) => id)}::uuid[], ${claims.map(({ starts }) => starts)}::int[]) AS given(id, starts)
    WHERE d.id = given.id AND d.state = 'retrying' AND d.claimed_by = ${instance}`
}

/** What waited for a newer release is due: this process may be of that release. */
export async function wakeForRelease(db: Database, reaction: string): Promise<void> {
  await db.$executeRaw`
    UPDATE deliveries SET due_at = clock_timestamp()
    WHERE reaction = ${reaction} AND state = 'retrying' AND reason IN ('unknown-type', 'newer-version') AND claimed_by IS NULL`
}
