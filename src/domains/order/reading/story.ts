import { z } from 'zod'
import { archivesOf, openedEvents, readStory, type StoryEvent } from '#messaging'
import type { Database } from '#platform/database'
import type { DeletedOrder } from '../deleted.ts'
import type { VersionedOrder } from '../state/fold.ts'
import { ORDER_STATUSES } from '../state/order-states.ts'
import { streamOf } from '../stream/catch-up.ts'

const Moment = z.iso.datetime()

const ReactionView = z
  .strictObject({
    reaction: z.string(),
    state: z.enum(['waiting', 'retrying', 'blocked', 'held', 'handled', 'dead', 'discarded']),
    handledAt: Moment.nullable(),
    afterMs: z
      .number()
      .nullable()
      .describe('Milliseconds from the placing of the order to the commit of this reaction'),
    durationMs: z
      .number()
      .nullable()
      .describe('Milliseconds of its own work; its share where many were handled together'),
    attempt: z.int().nullable(),
    dueAt: Moment.nullable().describe('When it is tried again'),
    reason: z.string().nullable().describe('Why it is not handled: a stable code'),
    error: z.string().nullable().describe('What it has failed of, or what it waits for'),
    deliveryId: z.uuid().nullable(),
    history: z
      .array(
        z.strictObject({
          at: Moment,
          afterMs: z.number().describe('Milliseconds from the placing of the order'),
          what: z.string().describe('failed, dead, recovered, or what an operator did'),
          attempt: z.int(),
          error: z.string().nullable(),
          by: z.string(),
          dueAt: Moment.nullable(),
        }),
      )
      .describe('Failed attempts and repairs, oldest first'),
  })
  .meta({ id: 'StoryReaction' })

const StoryEventView = z
  .strictObject({
    id: z.uuid(),
    type: z.string(),
    streamVersion: z.int(),
    time: Moment,
    afterMs: z.number().describe('Milliseconds from the placing of the order'),
    causationId: z.uuid().nullable().describe('The event whose handling published this one'),
    publishedBy: z
      .string()
      .nullable()
      .describe('The reaction that published it; null when a request or a schedule did'),
    actor: z.string().nullable().describe('Who began what it belongs to: client and key, or a schedule'),
    data: z.unknown().describe('What the event says; names, addresses and payment tokens are left out'),
    reactions: z.array(ReactionView),
  })
  .meta({ id: 'StoryEvent' })

export const StoryView = z
  .strictObject({
    orderId: z.uuid(),
    status: z.enum(ORDER_STATUSES),
    settled: z.boolean().describe('True when no reaction is waiting or will be tried again'),
    events: z.array(StoryEventView),
    archives: z
      .array(z.strictObject({ name: z.string(), place: z.string() }))
      .describe('Where the events lie that are not here any more; `fanfare restore` brings them back'),
    deleted: z
      .strictObject({ at: Moment, by: z.string(), why: z.string() })
      .nullable()
      .describe('When the order was deleted, by whom and why; null of one that is there'),
  })
  .meta({ id: 'Story' })

/** It goes on by itself. */
const OPEN: ReadonlySet<string> = new Set(['waiting', 'retrying', 'blocked'])

/** Ids of events are by the clocks of processes, and some events follow the last that changes the order. */
const MARGIN_MS = 3_600_000

type Told = Pick<VersionedOrder, 'id' | 'status' | 'placedAt' | 'updatedAt'> | DeletedOrder

/** Where events of an order lie that are not in the store any more. */
export const archivesOfOrder = (
  db: Database,
  { id, placedAt, updatedAt }: Pick<Told, 'id' | 'placedAt' | 'updatedAt'>,
) =>
  archivesOf(db, streamOf(id), {
    from: new Date(placedAt.getTime() - MARGIN_MS),
    to: new Date(updatedAt.getTime() + MARGIN_MS),
  })

/** Everything that happened because of an order: each event, and each reaction to it; with personal data only where asked. */
export async function storyOf(db: Database, order: Told, { personal = false } = {}) {
  const { id: orderId, status } = order
  const events = await readStory(db, orderId, ...(personal ? [openedEvents] : []))
  const archives = await archivesOfOrder(db, order)
  const start = events[0]?.time.getTime() ?? 0
  const open = events.some(({ reactions }) => reactions.some(({ state }) => OPEN.has(state)))
  const deleted = 'deletedAt' in order ? { at: order.deletedAt, by: order.by, why: order.why } : null
  return {
    orderId,
    status,
    settled: !open,
    events: events.map((event) => toEventView(event, start)),
    archives,
    deleted,
  }
}

function toEventView({ stream: _stream, ...event }: StoryEvent, start: number) {
  return {
    ...event,
    afterMs: event.time.getTime() - start,
    data: withoutToken(event.data),
    reactions: event.reactions.map((reaction) => ({
      ...reaction,
      afterMs: reaction.handledAt === null ? null : reaction.handledAt.getTime() - start,
      history: reaction.history.map((entry) => ({ ...entry, afterMs: entry.at.getTime() - start })),
    })),
  }
}

/** Version 1 of `order.placed` carried the payment token, and recorded events stay as they are. */
function withoutToken(data: unknown): unknown {
  if (typeof data !== 'object' || data === null || !('payment' in data)) return data
  const { payment: _payment, ...rest } = data
  return rest
}
