import fc from 'fast-check'
import { anOrderCancelled, anOrderParcelShipped, anOrderShipped } from '#testing'
import { segmentsOf } from './segments.ts'
import { textAbout, type TextOccasion } from './text-about.ts'

const shipped = (parcel: { carrier: string; trackingNumber: string }) =>
  anOrderShipped({ orderId: '0199a000-0000-7000-8000-000000000001', ...parcel }) as TextOccasion

const ofParcel = (parcel: { carrier: string; trackingNumber: string }) =>
  anOrderParcelShipped({ orderId: '0199a000-0000-7000-8000-000000000001', ...parcel }) as TextOccasion

it('takes two segments at most, whatever the carrier is called', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('en', 'de', 'fr'),
      fc.constantFrom(shipped, ofParcel),
      fc.string({ unit: 'grapheme' }),
      fc.string(),
      (locale, about, carrier, trackingNumber) => {
        expect(segmentsOf(textAbout(about({ carrier, trackingNumber }), locale)).segments).toBeLessThanOrEqual(2)
      },
    ),
  )
})

it.each([
  ['en', /^Fanfare: a parcel of your order \S+ is on its way, tracking number JD014600003828\.$/],
  ['de', /^Fanfare: ein Paket Ihrer Bestellung \S+ ist unterwegs, Sendungsnummer JD014600003828\.$/],
  ['fr', /^Fanfare : un colis de votre commande \S+ est en route, numéro de suivi JD014600003828\.$/],
])('leaves the carrier out before the tracking number: %s', (locale, text) => {
  const carrier = '特急便'.repeat(12) // in UCS-2, where two segments have 134 characters
  expect(textAbout(ofParcel({ carrier, trackingNumber: 'JD014600003828' }), locale)).toMatch(text)
})

it('sends no link that looks like ours, and no words of a customer', () => {
  const told = textAbout(shipped({ carrier: 'post.example', trackingNumber: 'FP1' }), 'en')
  expect(told).toMatch(/^Fanfare: your order \S+ is on its way, tracking number FP1\.$/)
  expect(textAbout(anOrderCancelled({ reason: 'wrong colour' }) as TextOccasion, 'en')).not.toContain('colour')
})
