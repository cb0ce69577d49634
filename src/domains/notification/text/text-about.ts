import type { Customer, OrderCancelled, OrderDelivered, OrderParcelShipped, OrderShipped } from '#events'
import type { RecordedOf } from '#messaging'
import { plainWords } from '../letter/plain-words.ts'
import { chooseWords } from '../letter/words/choose-words.ts'
import type { Label } from '../letter/words/words.ts'
import { segmentsOf } from './segments.ts'

/** What a customer is texted about: where each parcel is, and that none will come. All else is for mails. */
export type TextOccasion = RecordedOf<
  typeof OrderParcelShipped | typeof OrderShipped | typeof OrderDelivered | typeof OrderCancelled
>

const MOST_SEGMENTS = 2
/** Characters of what others have typed. */
const LONGEST_CARRIER = 40

/** What the customer is texted, in the language of their locale; two segments at most. Nothing of it is in a customer's own words. */
export function textAbout(occasion: TextOccasion, locale: Customer['locale']): string {
  const { words } = chooseWords(locale)
  const order = occasion.data.number ?? occasion.data.orderId
  switch (occasion.type) {
    case 'order.delivered':
      return words.texts.delivered(order)
    case 'order.cancelled':
      return words.texts.cancelled(order)
    case 'order.shipped':
      return withinLimit(occasion.data, (label) => words.texts.shipped(order, label))
    case 'order.parcel-shipped':
      return withinLimit(occasion.data, (label) => words.texts.parcel(order, label))
  }
}

/** Without what takes too many segments, or looks like a link: it would be sent in our name. Of the two, the number is kept. */
function withinLimit(parcel: { carrier: string; trackingNumber: string }, say: (label: Label) => string): string {
  const carrier = plainWords(parcel.carrier, LONGEST_CARRIER)
  const trackingNumber = plainWords(parcel.trackingNumber, Infinity)
  const fits = (text: string) => segmentsOf(text).segments <= MOST_SEGMENTS
  return [say({ carrier, trackingNumber }), say({ trackingNumber })].find(fits) ?? say({})
}
