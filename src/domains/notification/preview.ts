import { OrderCancelled, OrderConfirmed, OrderRejected, OrderShipped, PaymentRefunded } from '#events'
import { asHtml, asText } from './letter/letter.ts'
import { letterAbout, type Occasion } from './letter/letters.ts'

const TYPES = [OrderConfirmed, OrderRejected, OrderCancelled, OrderShipped, PaymentRefunded]

export interface MailPreview {
  /** The event it tells of. */
  name: string
  subject: string
  text: string
  html: string
}

/** Every mail to a customer, about the example of its event, in the language of a locale. */
export const previewMails = (locale: string): MailPreview[] =>
  TYPES.map(({ type: name, example }) => {
    const occasion = { type: name, data: example } as Occasion
    const letter = letterAbout(occasion, { name: 'Ada Lovelace', number: 'FF-1042', locale })
    return { name, subject: letter.subject, text: asText(letter), html: asHtml(letter) }
  })
