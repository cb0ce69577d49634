import fc from 'fast-check'
import { anOrderCancelled, anOrderShipped } from '#testing'
import { segmentsOf } from './segments.ts'
import { textAbout, type TextOccasion } from './text-about.ts'

const shipped = (parcel: { carrier: string; trackingNumber: string }) =>
  anOrderShipped({ orderId: '0199a000-0000-7000-8000-000000000001', ...parcel }) as TextOccasion

it('takes two segments at most, whatever the carrier is called', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('en', 'de', 'fr'),
      fc.string({ unit: 'grapheme' }),
      fc.string(),
      (locale, carrier, trackingNumber) => {
        expect(segmentsOf(textAbout(shipped({ carrier, trackingNumber }), locale)).segments).toBeLessThanOrEqual(2)
      },
    ),
  )
})

it('sends no link that looks like ours, and no words of a customer', () => {
  const told = textAbout(shipped({ carrier: 'post.example', trackingNumber: 'FP1' }), 'en')
  expect(told).toMatch(/^Fanfare: your order \S+ is on its way\.$/)
  expect(textAbout(anOrderCancelled({ reason: 'wrong colour' }) as TextOccasion, 'en')).not.toContain('colour')
})
