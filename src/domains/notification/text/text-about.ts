import type { Customer, OrderCancelled, OrderDelivered, OrderShipped } from '#events'
import type { RecordedOf } from '#messaging'
import { plainWords } from '../letter/plain-words.ts'
import { chooseWords } from '../letter/words/choose-words.ts'
import type { Words } from '../letter/words/words.ts'
import { segmentsOf } from './segments.ts'

/** What a customer is texted about: where the parcel is, and that none will come. All else is for mails. */
export type TextOccasion = RecordedOf<typeof OrderShipped | typeof OrderDelivered | typeof OrderCancelled>

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
      return shipped(occasion.data, order, words.texts)
  }
}

interface Parcel {
  carrier: string
  trackingNumber: string
}

/** Without its parcel where that takes too many segments, or looks like a link: it would be sent in our name. */
function shipped({ carrier, trackingNumber }: Parcel, order: string, words: Words['texts']): string {
  const by = plainWords(carrier, LONGEST_CARRIER)
  const number = plainWords(trackingNumber, Infinity)
  const whole = by && number ? words.shipped(order, { carrier: by, trackingNumber: number }) : undefined
  return whole && segmentsOf(whole).segments <= MOST_SEGMENTS ? whole : words.shipped(order)
}
