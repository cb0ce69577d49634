import { Unrecoverable, type CallContext } from '#messaging'
import { internationalNumber } from '#platform/phone-number'
import type { TextProvider } from './port.ts'
import { textAbout, type TextOccasion } from './text-about.ts'

/** A text about what happened longer ago is no news: a replay, or the end of a long outage, wakes nobody up. */
const NEWS_MS = 24 * 60 * 60 * 1_000

/**
 * Texts a customer who wants that about an occasion, once: all attempts have one idempotency key, and the provider has to remember it for
 * as long as the occasion is news. An order in several parcels is one occasion for each of them.
 * @throws what `TextProvider.send` throws
 */
export async function textCustomer(
  occasion: TextOccasion,
  { provider, ...call }: Pick<CallContext, 'idempotencyKey' | 'signal'> & { provider: TextProvider },
): Promise<void> {
  const { customer } = occasion.data
  if (!customer.sms || isToldByParcels(occasion) || Date.now() - occasion.time.getTime() > NEWS_MS) return
  const to = internationalNumber(customer.phone ?? '')
  if (to === undefined) throw new Unrecoverable('The customer was forgotten, or has no number that could be texted')
  await provider.send({ to, text: textAbout(occasion, customer.locale) }, call)
}

/** The client has shipped it in parcels, and each has had a text. */
const isToldByParcels = ({ type, data }: TextOccasion) => type === 'order.shipped' && data.parcels !== undefined
