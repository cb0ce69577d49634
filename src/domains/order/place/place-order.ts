import { costOf, priceLines, type Offer, type Rates } from '#domains/pricing'
import type { NewEvent } from '#messaging'
import { OrderPlaced } from '#events'
import type { NewOrder } from '../schemas/new-order.ts'

type Placed = ReturnType<typeof OrderPlaced>

/** The catalogue and the rates of the shop at the moment of placing. */
export interface Prices {
  readonly offers: ReadonlyMap<string, Offer>
  readonly rates: Rates
  readonly at: Date
}

/**
 * Turns a request into the fact that it was placed: lines of one SKU become one, at the price of the offer, and what all of it
 * costs is computed for good.
 * @throws Refusal naming every line, code or method that cannot be sold as asked
 */
export function placeOrder(
  request: NewOrder,
  { offers, rates, at }: Prices,
  { orderId, number }: { orderId: string; number?: string },
): Placed & NewEvent<'order.placed'> {
  const { customer, shippingAddress, billingAddress, shipping, discountCodes, reference, note, metadata, fulfillment } =
    request
  const { lines, currency } = priceLines(request, offers)
  const cost = costOf({ lines, currency, shipping, discountCodes, to: shippingAddress, at }, rates)
  return OrderPlaced({
    orderId,
    ...(number !== undefined && { number }),
    ...(reference !== undefined && { reference }),
    customer,
    shippingAddress: whole(shippingAddress),
    ...(billingAddress && { billingAddress: whole(billingAddress) }),
    ...(note !== undefined && { note }),
    ...(metadata && { metadata }),
    lines,
    ...cost,
    ...(fulfillment === 'manual' && { fulfillment }),
  })
}

/** Addresses in events have a postcode, which may be empty: reactions from before it could be left out go on reading it. */
const whole = ({ postalCode = '', ...address }: NewOrder['shippingAddress']) => ({ ...address, postalCode })
