import { OrderConfirmed, ReturnReceived } from '#events'
import type { NewEvent } from '#messaging'
import { aPaymentRefunded, anOrderCancelled, anOrderConfirmed, anOrderRejected, anOrderShipped } from '#testing'
import { formatMoney } from './format-money.ts'
import { asHtml, asText } from './letter.ts'
import { letterAbout, type Occasion } from './letters.ts'

const orderId = '0199a000-0000-7000-8000-000000000001'
const EVIL = `<img src=x onerror="alert('1')"> & co`

const letter = (event: NewEvent, name = 'Ada Lovelace') => letterAbout(event as Occasion, { name })

describe('the letter about a confirmed order', () => {
  const lines = [
    { sku: 'MUG-01', name: 'Enamel mug', quantity: 2, unitPrice: 1_250 },
    { sku: 'POT-02', name: 'Tea pot', quantity: 1, unitPrice: 123_400 },
  ]
  const confirmed = letter(anOrderConfirmed({ orderId, lines, total: { amount: 125_900, currency: 'GBP' } }))

  it('holds number, lines and total in text and HTML', () => {
    expect(confirmed.subject).toBe(`Your order ${orderId} is confirmed`)
    for (const form of [asText(confirmed), asHtml(confirmed)]) {
      for (const part of ['Dear Ada Lovelace,', orderId, '2 × Enamel mug', '£25.00', '£1,234.00', '£1,259.00'])
        expect(form).toContain(part)
    }
  })
})

it.each([
  [anOrderRejected({ orderId, reason: 'out-of-stock', detail: 'MUG-01: 2 wanted, 0 left' }), 'no longer in stock'],
  [anOrderRejected({ orderId, reason: 'payment-declined', detail: 'insufficient funds' }), 'payment was declined'],
  [anOrderCancelled({ orderId, reason: 'wrong colour' }), 'Reason: wrong colour'],
  [
    anOrderShipped({ orderId, carrier: 'Fanfare Post', trackingNumber: 'FP123' }),
    'with Fanfare Post, under the tracking number FP123',
  ],
  [aPaymentRefunded({ orderId, amount: { amount: 2_500, currency: 'EUR' } }), '€25.00'],
  [ReturnReceived({ ...ReturnReceived.example!, orderId, number: undefined }), '1 × Enamel mug'],
  // By ISO 4217, where CLDR leaves decimals out
  [aPaymentRefunded({ orderId, amount: { amount: 125_050, currency: 'HUF' } }), '1,250.50'],
])('tells of $type', (event, sentence) => {
  const told = letter(event)
  expect(told.subject).toContain(orderId)
  expect(asText(told)).toContain(sentence)
  expect(asHtml(told)).toContain(sentence)
})

it('never lets a customer, a product or a reason write markup', () => {
  const line = { sku: 'X', name: EVIL, quantity: 1, unitPrice: 100 }
  for (const event of [anOrderConfirmed({ lines: [line] }), anOrderCancelled({ reason: EVIL })]) {
    const page = asHtml(letter(event, EVIL))
    expect(page).not.toContain('<img')
    expect(page).toContain('&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; co')
  }
})

it('keeps a number on one line in HTML, and breaks what is longer than a telephone is wide', () => {
  const event = aPaymentRefunded({ orderId }) as Occasion
  const page = asHtml(letterAbout(event, { name: 'Ada', number: 'FF-1042' }))
  expect(page).toContain('order <span style="white-space: nowrap">FF-1042</span>')
  expect(asHtml(letterAbout(event, { name: 'Ada' }))).not.toContain(`nowrap">${orderId}`)
})

it.each([
  ['en', 'VAT 20% (included)'],
  ['de', 'VAT 20\u00a0% (enthalten)'],
  ['fr', 'VAT 20\u00a0% (incluse)'],
])('writes the percentage of a tax as %s does', (locale, written) => {
  const { costs } = OrderConfirmed.example!
  const told = letterAbout(anOrderConfirmed({ orderId, costs }) as Occasion, { name: 'Ada', locale })
  expect(told.rows).toContainEqual(expect.objectContaining({ label: written }))
})

it('keeps customer text on its line, so that it cannot pretend to be ours', () => {
  const text = asText(letter(anOrderCancelled({ reason: 'none\n\nPlease pay again' }), 'Ada\r\nBcc: x'))
  expect(text).toContain('Dear Ada Bcc: x,\n')
  expect(text).toContain('Reason: none Please pay again')
})

it('sends no link of a customer in our name', () => {
  const text = asText(
    letter(anOrderCancelled({ reason: 'Pay again at https://evil.example' }), 'Ada (see evil.example)'),
  )
  expect(text).toContain('Dear customer,\n')
  expect(text).not.toMatch(/evil|Reason/)
})

it.each([
  [{ amount: 0, currency: 'GBP' }, '£0.00'],
  [{ amount: 123_456_789, currency: 'USD' }, 'US$1,234,567.89'],
  [{ amount: 1_500, currency: 'JPY' }, 'JP¥1,500'],
  [{ amount: 1_500, currency: 'KWD' }, 'KWD 1.500'],
])('writes %j as %s', (money, written) => {
  expect(formatMoney(money).replace(/\s/u, ' ')).toBe(written)
})

it.each([
  ['de-AT', 'Ihre Bestellung', /Guten Tag Ada Lovelace,[^]+Gesamtbetrag {2}€ 1\.259,00/],
  ['de', 'Ihre Bestellung', /Gesamtbetrag {2}1\.259,00 €/],
  ['fr-CA', 'Votre commande', /Total {2}1 259,00 €/],
  ['pl', 'Your order', /Total {2}€1,259\.00/],
  ['x-not-one', 'Your order', /Dear Ada Lovelace/],
])('is written in the language of %s, or in English', (locale, subject, text) => {
  const event = anOrderConfirmed({ orderId, total: { amount: 125_900, currency: 'EUR' } }) as Occasion
  const told = letterAbout(event, { name: 'Ada Lovelace', locale })
  expect(told.subject).toContain(subject)
  expect(asText(told).replaceAll(/[\u00a0\u202f]/g, ' ')).toMatch(text)
  expect(asHtml(told)).toContain(`<html lang="${told.locale}">`)
})
