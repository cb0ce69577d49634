import type { Database } from '#platform/database'

/** One failed attempt of a reaction. */
export interface FailedTry {
  attempt: number
  failedAt: Date
  error: string
  /** When the next attempt is due; null when this one was the last. */
  retryAt: Date | null
}

export type ReactionState = 'waiting' | 'retrying' | 'handled' | 'dead'

/** What one reaction did with one event. */
export interface StoryReaction {
  reaction: string
  state: ReactionState
  handledAt: Date | null
  durationMs: number | null
  /** Of the attempt that succeeded. */
  attempt: number | null
  failures: FailedTry[]
  deadLetters: { id: string; reason: string; status: string; failedAt: Date; error: string }[]
}

/** One event of the conversation with everything that became of it. */
export interface StoryEvent {
  id: string
  type: string
  stream: string
  streamVersion: number
  time: Date
  /** The event whose handling published this one. */
  causationId: string | null
  data: unknown
  reactions: StoryReaction[]
}

/**
 * The story of a conversation, from our own tables: its events in causal order, each with every subscribed reaction and
 * how far it has come; an edited copy of an event counts as that event. Empty when nothing was ever recorded under this
 * correlation id.
 */
export async function readStory(db: Database, correlationId: string): Promise<StoryEvent[]> {
  const rows = await db.$queryRaw<{ event: Told }[]>`
    SELECT jsonb_build_object(
      'id', e.id, 'type', e.type, 'stream', e.stream, 'streamVersion', e.stream_version, 'time', e.occurred_at,
      'causationId', e.causation_id, 'data', e.data,
      'subscribed', (SELECT coalesce(jsonb_agg(s.reaction), '[]') FROM subscriptions s
        WHERE s.event_type = e.type AND s.since < e.position),
      'deliveries', (SELECT coalesce(jsonb_agg(d), '[]') FROM handled_events d
        WHERE d.event_id = ANY(e.id || line.copies) AND d.attempt > 0),
      'failures', (SELECT coalesce(jsonb_agg(to_jsonb(f) - 'stack' ORDER BY f.id), '[]')
        FROM delivery_failures f WHERE f.event_id = ANY(e.id || line.copies)),
      'deadLetters', line.letters
    ) AS event
    FROM events e CROSS JOIN LATERAL (
      WITH RECURSIVE descent AS (
        SELECT id FROM dead_letters WHERE event_id = e.id
        UNION SELECT c.id FROM dead_letters c JOIN descent ON c.parent_id = descent.id
      )
      SELECT coalesce(array_agg(DISTINCT l.event_id) FILTER (WHERE l.event_id <> e.id), '{}') AS copies,
        coalesce(jsonb_agg(to_jsonb(l) - ARRAY['body', 'stack', 'headers'] ORDER BY l.failed_at, l.id), '[]') AS letters
      FROM dead_letters l JOIN descent USING (id)
    ) line
    WHERE e.correlation_id = ${correlationId} ORDER BY e.position`
  return rows.map(({ event }) => toStoryEvent(event))
}

interface Told extends Omit<StoryEvent, 'time' | 'reactions'> {
  time: string
  subscribed: string[]
  deliveries: { reaction: string; handled_at: string; duration_us: number; attempt: number }[]
  failures: {
    reaction: string
    attempt: number
    failed_at: string
    error_name: string
    error_message: string
    retry_at: string | null
  }[]
  deadLetters: {
    id: string
    reaction: string
    reason: string
    status: string
    failed_at: string
    error_name: string
    error_message: string
  }[]
}

function toStoryEvent({ subscribed, deliveries, failures, deadLetters, time, ...event }: Told): StoryEvent {
  const told = [...deliveries, ...failures, ...deadLetters].map(({ reaction }) => reaction)
  const names = [...new Set([...subscribed, ...told])]
  const reactions = names.map((name) => toReaction(name, { deliveries, failures, deadLetters }))
  return { ...event, time: new Date(time), reactions: reactions.toSorted(byTime) }
}

function toReaction(name: string, told: Pick<Told, 'deliveries' | 'failures' | 'deadLetters'>): StoryReaction {
  const delivery = told.deliveries.find(({ reaction }) => reaction === name)
  const failures = told.failures.filter(({ reaction }) => reaction === name)
  const dead = told.deadLetters.filter(({ reaction }) => reaction === name)
  return {
    reaction: name,
    state: stateOf(delivery !== undefined, failures.length > 0, dead.at(-1)?.status),
    handledAt: delivery ? new Date(delivery.handled_at) : null,
    durationMs: delivery ? delivery.duration_us / 1_000 : null,
    attempt: delivery?.attempt ?? null,
    failures: failures.map((failure) => ({
      attempt: failure.attempt,
      failedAt: new Date(failure.failed_at),
      error: `${failure.error_name}: ${failure.error_message}`,
      retryAt: failure.retry_at === null ? null : new Date(failure.retry_at),
    })),
    deadLetters: dead.map(({ id, reason, status, failed_at, error_name, error_message }) => ({
      id,
      reason,
      status,
      failedAt: new Date(failed_at),
      error: `${error_name}: ${error_message}`,
    })),
  }
}

function stateOf(handled: boolean, failed: boolean, deadLetter: string | undefined): ReactionState {
  if (handled) return 'handled'
  if (deadLetter === 'open' || deadLetter === 'discarded') return 'dead'
  return failed ? 'retrying' : 'waiting'
}

const NEVER = Number.POSITIVE_INFINITY

function byTime(a: StoryReaction, b: StoryReaction): number {
  const difference = (a.handledAt?.getTime() ?? NEVER) - (b.handledAt?.getTime() ?? NEVER)
  return Number.isNaN(difference) || difference === 0 ? a.reaction.localeCompare(b.reaction) : difference
}
