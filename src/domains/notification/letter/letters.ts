import type {
  Costs,
  Customer,
  Money,
  OrderCancelled,
  OrderConfirmed,
  OrderLine,
  OrderParcelShipped,
  OrderRejected,
  OrderShipped,
  PaymentRefunded,
  ReturnReceived,
} from '#events'
import type { RecordedOf } from '#messaging'
import { formatMoney } from './format-money.ts'
import type { Letter } from './letter.ts'
import { plainWords } from './plain-words.ts'
import { chooseWords } from './words/choose-words.ts'
import type { Words } from './words/words.ts'

/** The facts a customer is written to about. */
export type Occasion = RecordedOf<
  | typeof OrderConfirmed
  | typeof OrderRejected
  | typeof OrderCancelled
  | typeof OrderParcelShipped
  | typeof OrderShipped
  | typeof PaymentRefunded
  | typeof ReturnReceived
>

/** Characters of what others have typed. */
export const LONGEST_NAME = 60
const LONGEST_REASON = 200

/** Who is written to, and by what number they know their order; orders from before there were numbers have none. */
export type Addressee = Pick<Customer, 'name' | 'locale'> & { readonly number?: string | undefined }

/** What the customer is told, in their language. Subjects hold nothing that a customer has typed. */
export function letterAbout(occasion: Occasion, { name, number, locale: wanted }: Addressee): Letter {
  const order = number ?? occasion.data.orderId
  const { locale, words } = chooseWords(wanted)
  const { paragraphs, ...content } = contentOf(occasion, order, { words, locale })
  return {
    locale,
    closing: words.closing,
    greeting: words.greeting(plainWords(name, LONGEST_NAME)),
    ...content,
    paragraphs: [...paragraphs, words.orderNumber(order)],
  }
}

interface Language {
  words: Words
  locale: string
}

type Content = Omit<Letter, 'greeting' | 'closing' | 'locale'>

function contentOf(occasion: Occasion, order: string, language: Language): Content {
  const { words, locale } = language
  switch (occasion.type) {
    case 'order.confirmed':
      return confirmed(occasion.data, order, language)
    case 'order.rejected': {
      const { subject, text, why, money } = words.rejected
      return { subject: subject(order), paragraphs: [`${text} ${why[occasion.data.reason]}`, money] }
    }
    case 'order.cancelled': {
      const { subject, text, reason } = words.cancelled
      const told = plainWords(occasion.data.reason, LONGEST_REASON)
      return { subject: subject(order), paragraphs: [text, ...(told === undefined ? [] : [reason(told)])] }
    }
    case 'order.shipped': {
      const { carrier, trackingNumber } = occasion.data
      return { subject: words.shipped.subject(order), paragraphs: [words.shipped.text(carrier, trackingNumber)] }
    }
    case 'order.parcel-shipped': {
      const { carrier, trackingNumber, lines } = occasion.data
      return {
        subject: words.parcel.subject(order),
        paragraphs: [words.shipped.text(carrier, trackingNumber), words.parcel.holds],
        rows: lines.map(({ name, quantity }) => ({ label: `${quantity} × ${name}`, amount: '' })),
      }
    }
    case 'payment.refunded': {
      const { subject, text } = words.refunded
      return { subject: subject(order), paragraphs: [text(formatMoney(occasion.data.amount, locale))] }
    }
    case 'return.received':
      return received(occasion.data, order, language)
  }
}

interface Confirmed {
  lines: readonly OrderLine[]
  total: Money
  costs?: Costs | undefined
}

function confirmed({ lines, total, costs }: Confirmed, order: string, { words, locale }: Language): Content {
  const { subject, text, total: sum } = words.confirmed
  const bought = lines.map(({ name, quantity, unitPrice }) => {
    return { label: `${quantity} × ${name}`, amount: quantity * unitPrice }
  })
  const rows = [...bought, ...(costs ? furtherRows(costs, words.rows) : [])]
  const money = (amount: number) => formatMoney({ amount, currency: total.currency }, locale)
  return {
    subject: subject(order),
    paragraphs: [text],
    rows: rows.map(({ label, amount }) => ({ label, amount: money(amount) })),
    total: { label: sum, amount: money(total.amount) },
  }
}

interface Received {
  lines: readonly { name: string; quantity: number; amount: number }[]
  amount: Money
}

/** It says what the pieces cost; a mail of its own says what was given back. */
function received({ lines, amount }: Received, order: string, { words, locale }: Language): Content {
  const { subject, text, total } = words.received
  const money = (minor: number) => formatMoney({ ...amount, amount: minor }, locale)
  return {
    subject: subject(order),
    paragraphs: [text],
    rows: lines.map((line) => ({ label: `${line.quantity} × ${line.name}`, amount: money(line.amount) })),
    total: { label: total, amount: money(amount.amount) },
  }
}

/** What makes the total of the lines. */
function furtherRows({ discounts, shippingMethod, taxes, taxIncluded }: Costs, words: Words['rows']) {
  return [
    ...discounts.map(({ code, amount }) => ({ label: words.discount(code), amount: -amount })),
    ...(shippingMethod ? [{ label: words.shipping(shippingMethod.name), amount: shippingMethod.price }] : []),
    ...taxes.map(({ name, percent, amount }) => ({ label: words.tax(name, percent, taxIncluded), amount })),
  ]
}
