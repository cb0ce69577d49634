import type { Customer } from '#events'
import type { CallContext } from '#messaging'
import type { Database } from '#platform/database'
import { asHtml, asText } from './letter.ts'
import { letterAbout, type Occasion } from './letters.ts'
import type { Mail, Mailer } from './mailer.ts'

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
  if (await wasSent(db, occasion.id)) return
  const mail = mailAbout(occasion, customer, idempotencyKey)
  await mailer.send(mail, signal)
  await recordSent(db, occasion, mail)
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
