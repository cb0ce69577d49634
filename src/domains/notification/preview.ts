import {
  OrderCancelled,
  OrderConfirmed,
  OrderDelivered,
  OrderParcelShipped,
  OrderRejected,
  OrderShipped,
  PaymentRefunded,
  ReturnReceived,
} from '#events'
import { html } from './letter/html.ts'
import { asHtml, asText } from './letter/letter.ts'
import { letterAbout, type Occasion } from './letter/letters.ts'
import { segmentsOf, type Segments } from './text/segments.ts'
import { textAbout, type TextOccasion } from './text/text-about.ts'

/** Every row that there may be: what is short in one language may be long in another. */
const confirmed = {
  ...OrderConfirmed.example,
  lines: [
    { sku: 'MUG-01', name: 'Enamel mug', quantity: 2, unitPrice: 1_250 },
    {
      sku: 'POT-02',
      name: 'Tea pot of stoneware with a handle of bamboo, 1.2 litres',
      quantity: 1,
      unitPrice: 123_400,
    },
  ],
  costs: {
    items: 125_900,
    discount: 12_590,
    shipping: 490,
    tax: 18_967,
    taxIncluded: true,
    discounts: [{ code: 'SPRING-10', amount: 12_590 }],
    shippingMethod: { method: 'standard', name: 'Standard', price: 490, discount: 0, tax: 82, total: 490 },
    taxes: [{ name: 'VAT', percent: '20', taxed: 94_833, amount: 18_967 }],
    lines: [],
  },
  total: { amount: 113_800, currency: 'GBP' },
}

const MAILS = [
  { type: OrderConfirmed.type, data: confirmed },
  ...[OrderRejected, OrderCancelled, OrderParcelShipped, OrderShipped, ReturnReceived, PaymentRefunded].map(
    ({ type, example }) => ({
      type,
      data: example,
    }),
  ),
]

export interface MailPreview {
  /** The event it tells of. */
  name: string
  locale: string
  subject: string
  text: string
  html: string
}

/** Every mail to a customer, about an example of its event, in the language of a locale. */
export const previewMails = (locale: string): MailPreview[] =>
  MAILS.map(({ type: name, data }) => {
    const letter = letterAbout({ type: name, data } as Occasion, { name: 'Ada Lovelace', number: 'FF-1042', locale })
    return { name, locale, subject: letter.subject, text: asText(letter), html: asHtml(letter) }
  })

export interface TextPreview extends Segments {
  /** The event it tells of. */
  name: string
  locale: string
  text: string
}

/** Every text to a customer, in the same way, with what sending it takes. */
export const previewTexts = (locale: string): TextPreview[] =>
  [OrderParcelShipped, OrderShipped, OrderDelivered, OrderCancelled].map(({ type: name, example: data }) => {
    const text = textAbout({ type: name, data } as TextOccasion, locale)
    return { name, locale, text, ...segmentsOf(text) }
  })

/** `GSM-7, 1 segment`. */
export const sizeOf = ({ encoding, segments }: Segments) =>
  `${encoding}, ${segments} segment${segments === 1 ? '' : 's'}`

/** A page of all previews beside each other, as wide as a telephone shows them. @param fileOf where each stands, beside the page */
export function previewPage(
  mails: readonly MailPreview[],
  texts: readonly TextPreview[],
  fileOf: (mail: MailPreview) => string,
): string {
  const names = [...new Set(mails.map(({ name }) => name))]
  const cell = (mail: MailPreview) =>
    html`<figure>
      <figcaption><b>${mail.locale}</b> <a href="${fileOf(mail)}">${mail.subject}</a></figcaption>
      <iframe src="${fileOf(mail)}" title="${mail.subject}"></iframe>
    </figure>`
  const { markup } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Mails and texts to customers</title>
        <style>
          body {
            font:
              15px/1.5 system-ui,
              sans-serif;
            margin: 24px;
          }
          section {
            display: flex;
            flex-wrap: wrap;
            gap: 16px;
          }
          figure {
            margin: 0;
            width: 375px;
          }
          iframe {
            width: 375px;
            height: 480px;
            border: 1px solid #ccc;
          }
        </style>
      </head>
      <body>
        <h1>Mails to customers</h1>
        ${names.map(
          (name) =>
            html`<h2>${name}</h2>
              <section>${mails.filter((mail) => mail.name === name).map(cell)}</section>`,
        )}
        ${texts.length === 0 ? html`` : html`<h1>Texts to customers</h1>`}
        ${texts.map((text) => html`<p><b>${text.locale}</b> ${text.name} (${sizeOf(text)})<br />${text.text}</p>`)}
      </body>
    </html>`
  return markup
}
