import type { Customer } from '#events'
import type { CallContext } from '#messaging'
import type { Database } from '#platform/database'
import { asHtml, asText } from './letter.ts'
import { letterAbout, type Occasion } from './letters.ts'
import type { Mail, Mailer } from './mailer.ts'

/**
 * Mails that this process is sending, or that were accepted while their journal row could not be written (the database was
 * away), by event id. An attempt that meets one of them sends nothing: it only writes the row.
 */
const underWay = new Map<string, Promise<void>>()

/**
 * Writes to the customer about an occasion, once. The journal row is written the moment the mail server has accepted the
 * mail, in a transaction of its own: only a crash within that moment sends a mail twice, and then with the same Message-ID.
 * @throws what `Mailer.send` throws
 */
export async function tellCustomer(
  occasion: Occasion,
  customer: Customer,
  { mailer, db, idempotencyKey, signal }: CallContext & { mailer: Mailer },
): Promise<void> {
  const { id } = occasion
  const mail = mailAbout(occasion, customer, idempotencyKey)
  const send = async () => {
    if (!(await wasSent(db, id))) await mailer.send(mail, signal)
  }
  await once(id, send)
  await recordSent(db, occasion, mail)
  underWay.delete(id)
}

function once(id: string, send: () => Promise<void>): Promise<void> {
  const begun = underWay.get(id) ?? send()
  underWay.set(id, begun)
  return begun.catch((error: unknown) => {
    underWay.delete(id)
    throw error
  })
}

function mailAbout(occasion: Occasion, customer: Customer, idempotencyKey: string): Mail {
  const letter = letterAbout(occasion, customer)
  return {
    to: { name: customer.name, address: customer.email },
    subject: letter.subject,
    text: asText(letter),
    html: asHtml(letter),
    messageId: `<${idempotencyKey.replaceAll(':', '.')}@fanfare.example>`,
    eventId: occasion.id,
  }
}

async function wasSent(db: Database, eventId: string): Promise<boolean> {
  return (await db.sentMail.count({ where: { eventId } })) > 0
}

async function recordSent(db: Database, { id, type, data }: Occasion, mail: Mail): Promise<void> {
  await db.$executeRaw`
    INSERT INTO sent_mails (event_id, order_id, kind, recipient, subject, message_id, sent_at)
    VALUES (${id}::uuid, ${data.orderId}::uuid, ${type}, ${mail.to.address}, ${mail.subject}, ${mail.messageId}, now())
    ON CONFLICT (event_id) DO NOTHING`
}
