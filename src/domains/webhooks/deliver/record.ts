import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import type { Target } from '../endpoints.ts'
import type { DeliverySettings } from '../settings.ts'
import type { Claimed } from './claim.ts'
import type { Answer } from './send.ts'

export type Outcome = 'delivered' | 'later' | 'given-up'

export const isSuccess = ({ status }: Answer) => status !== null && status >= 200 && status < 300

/** Longer waits that an endpoint asks for are not granted. */
const LONGEST_WAIT_MS = 24 * 3_600_000

/** What becomes of a delivery after an answer, and when it is due again. `jitter` is from 0 to 1. */
export function judge(
  answer: Answer,
  attempt: number,
  retryDelays: readonly number[],
  jitter = Math.random(),
): { outcome: Outcome; waitMs: number } {
  if (isSuccess(answer)) return { outcome: 'delivered', waitMs: 0 }
  const delay = retryDelays[attempt - 1]
  if (delay === undefined) return { outcome: 'given-up', waitMs: 0 }
  const asked = Math.min(answer.retryAfterMs ?? 0, LONGEST_WAIT_MS)
  return { outcome: 'later', waitMs: Math.max(delay * (1 + jitter / 5), asked) }
}

interface Attempt {
  endpointId: string
  delivery: Claimed
  answer: Answer
}

/**
 * Writes an attempt down with what follows for its delivery. What another process has ended meanwhile stays as it is; so does what was
 * asked for again, or taken over, unless this attempt has succeeded.
 * @returns the outcome; `overtaken` where nothing follows
 */
export async function recordAttempt(
  db: Database,
  { endpointId, delivery, answer }: Attempt,
  { retryDelays }: Pick<DeliverySettings, 'retryDelays'>,
): Promise<Outcome | 'overtaken'> {
  const { outcome, waitMs } = judge(answer, delivery.attempts + 1, retryDelays)
  const state = outcome === 'later' ? 'waiting' : outcome
  const written = await db.$executeRaw`
    WITH tried AS (
      UPDATE webhook_deliveries SET attempts = attempts + 1, state = ${state},
        due_at = now() + ${waitMs}::float8 * interval '1 ms',
        ended_at = CASE WHEN ${state} = 'waiting' THEN NULL ELSE now() END
      WHERE endpoint_id = ${endpointId}::uuid AND event_id = ${delivery.eventId}::uuid AND state = 'waiting'
        AND (${state} = 'delivered' OR due_at = ${delivery.heldUntil})
      RETURNING endpoint_id, event_id
    )
    INSERT INTO webhook_attempts (endpoint_id, event_id, duration_ms, status, answer, error)
    SELECT endpoint_id, event_id, ${answer.durationMs}::int, ${answer.status}::int, ${answer.answer}, ${answer.error} FROM tried`
  return written > 0 ? outcome : 'overtaken'
}

/** Why an endpoint is disabled by what it has just answered. */
export type Disabled = 'gone' | 'failing' | undefined

const StandingRow = row({ because: z.enum(['gone', 'failing']).nullable() })

/**
 * Writes down how an endpoint stands after an answer. 410 disables it, and so does failing for too long. What a URL answers that it has no
 * more says nothing of it.
 */
export async function recordStanding(
  db: Database,
  { id: endpointId, url }: Pick<Target, 'id' | 'url'>,
  answer: Answer,
  { disableAfterMs }: Pick<DeliverySettings, 'disableAfterMs'>,
): Promise<Disabled> {
  if (isSuccess(answer)) {
    await db.$executeRaw`
      UPDATE webhook_endpoints SET failing_since = NULL, last_error = NULL, last_delivered_at = now()
      WHERE id = ${endpointId}::uuid AND url = ${url} AND (failing_since IS NOT NULL OR last_delivered_at IS NULL
        OR last_delivered_at < now() - interval '1 minute')`
    return undefined
  }
  const [standing] = await readRows(db, StandingRow)`
    UPDATE webhook_endpoints SET failing_since = coalesce(failing_since, now()), last_error = ${saying(answer)},
      disabled_because = CASE WHEN ${answer.status === 410} THEN 'gone'
        WHEN failing_since < now() - ${disableAfterMs}::float8 * interval '1 ms' THEN 'failing' END,
      disabled_at = CASE WHEN ${answer.status === 410} OR failing_since < now() - ${disableAfterMs}::float8 * interval '1 ms'
        THEN now() END
    WHERE id = ${endpointId}::uuid AND url = ${url} AND disabled_because IS NULL
    RETURNING disabled_because AS because`
  return standing?.because ?? undefined
}

export const saying = ({ status, error }: Pick<Answer, 'status' | 'error'>) => error ?? `answered ${status}`
