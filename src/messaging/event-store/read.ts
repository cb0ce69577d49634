import type { Database, Transaction } from '#platform/database'
import type { RecordedEvent } from '../define-event.ts'
import { openedEvents, withheldEvents } from './personal.ts'

/** A row of the event store with its place in the one order of publication. `data` is opened, as it was recorded, not upcast. */
export interface StoredEvent extends RecordedEvent {
  readonly position: bigint
}

/** The events of one stream, oldest first, after `afterVersion` (default 0: all). */
export async function readStream(db: Database | Transaction, stream: string, afterVersion = 0): Promise<StoredEvent[]> {
  const rows = await db.event.findMany({
    where: { stream, streamVersion: { gt: afterVersion } },
    orderBy: { streamVersion: 'asc' },
  })
  return openedEvents(db, rows.map(toStored))
}

/** The events of one conversation, in the order of their positions. */
export async function readConversation(db: Database | Transaction, correlationId: string): Promise<StoredEvent[]> {
  const rows = await db.event.findMany({ where: { correlationId }, orderBy: { position: 'asc' } })
  return openedEvents(db, rows.map(toStored))
}

/** The events with these ids, in no order; those that are archived are missing. @param personal false: with personal data withheld */
export async function readEventsById(
  db: Database | Transaction,
  ids: readonly string[],
  { personal }: { personal: boolean },
): Promise<StoredEvent[]> {
  const rows = await db.event.findMany({ where: { id: { in: [...ids] } } })
  const events = rows.map(toStored)
  return personal ? openedEvents(db, events) : withheldEvents(events)
}

function toStored({
  occurredAt,
  publishedBy: _,
  ...row
}: Awaited<ReturnType<Database['event']['findFirstOrThrow']>>): StoredEvent {
  return { ...row, time: occurredAt }
}
