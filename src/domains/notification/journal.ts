import { z } from 'zod'
import { isDatabaseOutage, readRows, row, type Database } from '#platform/database'
import { createMicroBatch } from '#platform/micro-batch'

/** A mail that the mail server has accepted. */
export interface SentMail {
  eventId: string
  orderId: string
  /** The type of the event it tells of. */
  kind: string
  subject: string
  messageId: string
}

/** The mails that were sent, in the database. Those who ask or write at the same time share a statement. */
export interface Journal {
  has(eventId: string): Promise<boolean>
  /** Commits on its own. Does nothing for an event that is there already. */
  enter(mail: SentMail): Promise<void>
}

const journals = new WeakMap<Database, Journal>()

export function journalOf(db: Database): Journal {
  const journal = journals.get(db) ?? {
    has: sharing((eventIds: readonly string[]) => areEntered(db, eventIds)),
    enter: sharing((mails: readonly SentMail[]) => enterAll(db, mails)),
  }
  journals.set(db, journal)
  return journal
}

function sharing<Item, Result>(run: (items: readonly Item[]) => Promise<readonly Result[]>) {
  return createMicroBatch({ run, isOutage: isDatabaseOutage, patienceMs: 100, soon: setImmediate }).submit
}

const Entered = row({ eventId: z.string() })

async function areEntered(db: Database, eventIds: readonly string[]): Promise<boolean[]> {
  const rows = await readRows(db, Entered)`
    SELECT event_id AS "eventId" FROM sent_mails WHERE event_id = ANY(${eventIds}::uuid[])`
  const entered = new Set(rows.map(({ eventId }) => eventId))
  return eventIds.map((id) => entered.has(id))
}

async function enterAll(db: Database, mails: readonly SentMail[]): Promise<undefined[]> {
  await db.$executeRaw`
    INSERT INTO sent_mails (event_id, order_id, kind, subject, message_id, sent_at)
    SELECT "eventId", "orderId", kind, subject, "messageId", now()
    FROM jsonb_to_recordset(${JSON.stringify(mails)}::jsonb)
      AS mail("eventId" uuid, "orderId" uuid, kind text, subject text, "messageId" text)
    ORDER BY "eventId"
    ON CONFLICT (event_id) DO NOTHING`
  return []
}
