import type { Customer } from '#events'
import type { CallContext } from '#messaging'
import type { Mail } from './mail/compose.ts'
import { journalOf, type SentMail } from './journal.ts'
import { asHtml, asText } from './letter/letter.ts'
import { letterAbout, LONGEST_NAME, type Addressee, type Occasion } from './letter/letters.ts'
import { plainWords } from './letter/plain-words.ts'
import type { Mailer } from './mail/mailer.ts'

/** A customer, and by what number they know their order. */
export type Recipient = Customer & Addressee

/**
 * Mails that this process is sending, or that were accepted while their journal row could not be written (the database was
 * away), by event id. An attempt that meets one of them sends nothing: it waits for how that ends, and only writes the row.
 */
const underWay = new Map<string, Promise<void>>()

/**
 * Writes to the customer about an occasion, once. The journal row is written the moment the mail server has accepted the
 * mail, with the rows of mails accepted in the same moment. A mail is sent twice, with the same Message-ID, only when its process
 * dies in between, or when the server's answer is lost with the connection. An attempt whose time is over while the server takes
 * its mail leaves it to be taken: this process's next attempt waits for that.
 * @throws what `Mailer.send` throws
 */
export async function tellCustomer(
  occasion: Occasion,
  customer: Recipient,
  { mailer, db, idempotencyKey, signal }: CallContext & { mailer: Mailer },
): Promise<void> {
  const { id } = occasion
  const mail = mailAbout(occasion, customer, idempotencyKey)
  const journal = journalOf(db)
  const send = async () => {
    if (!(await journal.has(id))) await mailer.send(mail, signal)
  }
  await once(id, send)
  await journal.enter(entry(occasion, mail))
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

function mailAbout(occasion: Occasion, customer: Recipient, idempotencyKey: string): Mail {
  const letter = letterAbout(occasion, customer)
  return {
    to: { name: plainWords(customer.name, LONGEST_NAME) ?? '', address: customer.email },
    subject: letter.subject,
    text: asText(letter),
    html: asHtml(letter),
    messageId: `<${idempotencyKey.replaceAll(':', '.')}@fanfare.example>`,
    eventId: occasion.id,
  }
}

function entry({ type, data }: Occasion, { eventId, subject, messageId }: Mail): SentMail {
  return { eventId, orderId: data.orderId, kind: type, subject, messageId }
}
