import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import { shownOf } from './personal-marks.ts'
import { publishedBy } from './published-by.ts'

/** What happened to a delivery that did not simply succeed: a failed attempt, or a repair. */
export interface HistoryEntry {
  at: Date
  /** failed, dead: an attempt's end. recovered: its message had been lost. The rest is what operators did. */
  what: string
  /** From 1; 0 where no attempt was made. */
  attempt: number
  error: string | null
  /** The process, or the operator. */
  by: string
  /** When it was due next; null when this attempt was the last. */
  dueAt: Date | null
}

/**
 * The one answer for an event and a reaction. `waiting`: on its way over the broker. `retrying`: due at `dueAt`. `blocked`:
 * behind an earlier event of its stream. `held`: an operator keeps it back. `dead`: given up. `discarded`: an operator
 * closed it.
 */
export type ReactionState = 'waiting' | 'retrying' | 'blocked' | 'held' | 'handled' | 'dead' | 'discarded'

/** What one reaction did with one event. */
export interface StoryReaction {
  reaction: string
  state: ReactionState
  handledAt: Date | null
  durationMs: number | null
  /** Of the attempt that succeeded. */
  attempt: number | null
  /** When it is tried again. */
  dueAt: Date | null
  /** Why it is not handled: a stable code. */
  reason: string | null
  /** What it has failed of, or what it waits for where its reaction has put it off. */
  error: string | null
  /** What `dead-letters show` takes; null when PostgreSQL keeps no delivery. */
  deliveryId: string | null
  history: HistoryEntry[]
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
  /** The reaction that published it; null when a request or a schedule did. */
  publishedBy: string | null
  /** Who began what it belongs to. */
  actor: string | null
  data: unknown
  reactions: StoryReaction[]
}

/**
 * The story of a conversation, from our own tables: its events in causal order, each with every subscribed reaction and how
 * far it has come. Empty when nothing was ever recorded under this correlation id.
 * @param open for those who may see personal data (`openedEvents`); without it they are withheld
 */
export async function readStory(
  db: Database,
  correlationId: string,
  open: Open = (_db, events) => Promise.resolve(events.map((event) => ({ ...event, data: shownOf(event.data) }))),
): Promise<StoryEvent[]> {
  const rows = await readRows(db, ToldRow)`
    SELECT jsonb_build_object(
      'id', e.id, 'type', e.type, 'stream', e.stream, 'streamVersion', e.stream_version, 'time', e.occurred_at,
      'causationId', e.causation_id, 'actor', e.actor, 'data', e.data,
      'publishedBy', ${publishedBy(['handled_events'])},
      'subscribed', (SELECT coalesce(jsonb_agg(s.reaction), '[]') FROM subscriptions s
        WHERE s.event_type = e.type AND s.since < e.position),
      'handled', (SELECT coalesce(jsonb_agg(h), '[]') FROM handled_events h WHERE h.event_id = e.id),
      'deliveries', (SELECT coalesce(jsonb_agg(to_jsonb(d) - ARRAY['body', 'headers', 'stack']), '[]')
        FROM deliveries d WHERE d.event_id = e.id),
      'history', (SELECT coalesce(jsonb_agg(to_jsonb(y) - 'stack' ORDER BY y.id), '[]')
        FROM delivery_history y WHERE y.event_id = e.id)
    ) AS event
    FROM events e WHERE e.correlation_id = ${correlationId} ORDER BY e.position`
  const events = await open(
    db,
    rows.map(({ event }) => event),
  )
  return events.map(toStoryEvent)
}

/** Makes the personal data of events readable. */
type Open = <Event extends Pick<Told, 'data' | 'stream'>>(db: Database, events: readonly Event[]) => Promise<Event[]>

/** Moments within JSON are text. */
const Moment = z.string()

type Told = z.infer<typeof Told>
const Told = z.strictObject({
  id: z.string(),
  type: z.string(),
  stream: z.string(),
  streamVersion: z.int(),
  time: Moment,
  causationId: z.string().nullable(),
  publishedBy: z.string().nullable(),
  actor: z.string().nullable(),
  data: z.unknown(),
  subscribed: z.array(z.string()),
  handled: z.array(z.object({ reaction: z.string(), handled_at: Moment, duration_us: z.int(), attempt: z.int() })),
  deliveries: z.array(
    z.object({
      id: z.string(),
      reaction: z.string(),
      state: z.string(),
      reason: z.string(),
      error_name: z.string().nullable(),
      error_message: z.string().nullable(),
      due_at: Moment.nullable(),
    }),
  ),
  history: z.array(
    z.object({
      reaction: z.string(),
      at: Moment,
      what: z.string(),
      attempt: z.int(),
      error_name: z.string().nullable(),
      error_message: z.string().nullable(),
      instance: z.string(),
      due_at: Moment.nullable(),
    }),
  ),
})

const ToldRow = row({ event: Told })

function toStoryEvent({ subscribed, handled, deliveries, history, time, ...event }: Told): StoryEvent {
  const told = [...handled, ...deliveries, ...history].map(({ reaction }) => reaction)
  const names = [...new Set([...subscribed, ...told])]
  const reactions = names.map((name) => toReaction(name, { handled, deliveries, history }))
  return { ...event, time: new Date(time), reactions: reactions.toSorted(byTime) }
}

function toReaction(name: string, told: Pick<Told, 'handled' | 'deliveries' | 'history'>): StoryReaction {
  const of = <Row extends { reaction: string }>(rows: readonly Row[]) =>
    rows.filter(({ reaction }) => reaction === name)
  const [handled] = of(told.handled)
  const [delivery] = of(told.deliveries)
  return {
    reaction: name,
    state: handled ? 'handled' : ((delivery?.state as ReactionState | undefined) ?? 'waiting'),
    handledAt: handled ? new Date(handled.handled_at) : null,
    durationMs: handled ? handled.duration_us / 1_000 : null,
    attempt: handled?.attempt ?? null,
    dueAt: handled ? null : moment(delivery?.due_at),
    reason: handled ? null : (delivery?.reason ?? null),
    error: handled || !delivery ? null : errorOf(delivery),
    deliveryId: delivery?.id ?? null,
    history: of(told.history).map((entry) => ({
      at: new Date(entry.at),
      what: entry.what,
      attempt: entry.attempt,
      error: errorOf(entry),
      by: entry.instance,
      dueAt: moment(entry.due_at),
    })),
  }
}

const errorOf = ({
  error_name: name,
  error_message: message,
}: Record<'error_name' | 'error_message', string | null>) => (name === null ? null : `${name}: ${message}`)

const moment = (text: string | null | undefined) => (text ? new Date(text) : null)

const NEVER = Number.POSITIVE_INFINITY

function byTime(a: StoryReaction, b: StoryReaction): number {
  const difference = (a.handledAt?.getTime() ?? NEVER) - (b.handledAt?.getTime() ?? NEVER)
  return Number.isNaN(difference) || difference === 0 ? a.reaction.localeCompare(b.reaction) : difference
}
