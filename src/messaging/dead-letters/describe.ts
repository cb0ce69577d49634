import type { Database } from '#platform/database'
import type { Delivery } from '#prisma'
import { CONTENT_TYPE, encode } from '../cloud-event.ts'
import { openedEvents } from '../event-store/personal.ts'
import { sealedIn, shownOf } from '../personal-marks.ts'
import type { HistoryEntry } from '../story.ts'
import { Refused } from './operator-context.ts'
import { checkId } from './selector.ts'

/** How the event of a delivery stands with its reaction, whatever the state of the delivery. */
export type Standing =
  | { kind: 'handled'; handledAt: Date; attempt: number; instance: string }
  | { kind: 'not handled' }
  /** The event store does not have it, so it cannot be delivered. */
  | { kind: 'not in store' }

export interface DeliveryDetails extends Omit<Delivery, 'body'> {
  /** The message as text: as an operator edited it, as it came where the event store does not have it, else as it is stored. */
  body: string
  /** The body read as JSON, where it is. */
  json: unknown
  standing: Standing
  /** Every failed attempt and every repair, oldest first. */
  history: HistoryEntry[]
  /** Dead letters of this reaction. */
  dead: number
}

/**
 * Everything known of one delivery, in whatever state it is.
 * @param id of the delivery or of its event; without it, the latest dead letter
 * @param personal names and addresses too; without it, something stands in their place
 * @throws Refused when there is none
 */
export async function describeDelivery(
  db: Database,
  reaction: string,
  { id, personal = false }: { id?: string | undefined; personal?: boolean | undefined } = {},
): Promise<DeliveryDetails> {
  if (id) checkId(id)
  const row = await db.delivery.findFirst({
    where: id ? { reaction, OR: [{ id }, { eventId: id }] } : { reaction, state: 'dead' },
    orderBy: [{ failedAt: 'desc' }, { id: 'desc' }],
  })
  if (!row) throw new Refused(id ? `${reaction} has no delivery ${id}.` : `${reaction} has no dead letter.`)
  const { body: given, ...rest } = row
  const [event, handled, history, dead] = await Promise.all([
    row.eventId === null ? null : db.event.findUnique({ where: { id: row.eventId } }),
    handledOf(db, row),
    historyOf(db, row),
    db.delivery.count({ where: { reaction, state: 'dead' } }),
  ])
  const standing = handled ?? { kind: event ? 'not handled' : 'not in store' }
  const stored = event && encode({ ...event, time: event.occurredAt }, JSON.stringify(event.data))
  const body = Buffer.from((row.editedAt || !stored ? given : stored) ?? '').toString('utf8')
  const contentType = rest.contentType ?? (event ? CONTENT_TYPE : null)
  return { ...rest, contentType, ...(await read(db, body, personal)), standing, history, dead }
}

/** The message as it may be seen. What came from elsewhere and is no event is shown as it came. */
async function read(db: Database, body: string, personal: boolean): Promise<{ body: string; json: unknown }> {
  const json = parsed(body)
  const { data, subject } = (json ?? {}) as { data?: unknown; subject?: unknown }
  if (sealedIn(data) === undefined) return { body, json }
  const [opened] = personal ? await openedEvents(db, [{ data, stream: String(subject) }]) : []
  const seen = { ...(json as object), data: opened ? opened.data : shownOf(data) }
  return { body: JSON.stringify(seen), json: seen }
}

async function handledOf(db: Database, { reaction, eventId }: Delivery): Promise<Standing | undefined> {
  if (eventId === null) return undefined
  const handled = await db.handledEvent.findUnique({ where: { eventId_reaction: { eventId, reaction } } })
  if (!handled) return undefined
  const { handledAt, attempt, instance } = handled
  return { kind: 'handled', handledAt, attempt, instance }
}

/** By its event, so that what was told before this row began is there too. */
async function historyOf(db: Database, { id, reaction, eventId }: Delivery): Promise<HistoryEntry[]> {
  const entries = await db.deliveryHistory.findMany({
    where: eventId === null ? { deliveryId: id } : { eventId, reaction },
    orderBy: { id: 'asc' },
  })
  return entries.map(({ at, what, attempt, errorName, errorMessage, instance, dueAt }) => ({
    at,
    what,
    attempt,
    error: errorName === null ? null : `${errorName}: ${errorMessage}`,
    by: instance,
    dueAt,
  }))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
