import type { NewEvent } from '#messaging'
import { OrderPlaced, type OrderLine } from '#events'
import { type Fault, Refusal } from '#http'
import { LIMITS, type NewOrder } from '../schemas.ts'

/** What the order asks of the catalogue: name and price of a SKU at this moment. */
export interface Offer {
  readonly name: string
  readonly price: number
  readonly currency: string
}

type Placed = ReturnType<typeof OrderPlaced>

/**
 * Turns a request into the fact that it was placed: lines of one SKU become one, at the price of the offer.
 * @throws Refusal naming every line that cannot be sold as asked
 */
export function placeOrder(
  request: NewOrder,
  offers: ReadonlyMap<string, Offer>,
  orderId: string,
): Placed & NewEvent<'order.placed'> {
  refuseFaulty(unknownSkus(request, offers), 'unknown-sku', 'The catalogue does not know every SKU of this order')
  const lines = merged(request)
  refuseFaulty(tooMany(request, lines), 'quantity-too-large', 'The lines of one SKU add up to too much')
  const priced = [...lines].map(([sku, quantity]): OrderLine => {
    const { name, price } = offers.get(sku)!
    return { sku, name, quantity, unitPrice: price }
  })
  const { customer, shippingAddress } = request
  return OrderPlaced({ orderId, customer, shippingAddress, lines: priced, total: totalOf(priced, offers) })
}

/** Quantities by SKU, in the order in which the SKUs first appear. */
function merged({ lines }: NewOrder): Map<string, number> {
  const quantities = new Map<string, number>()
  for (const { sku, quantity } of lines) quantities.set(sku, (quantities.get(sku) ?? 0) + quantity)
  return quantities
}

function unknownSkus({ lines }: NewOrder, offers: ReadonlyMap<string, Offer>): Fault[] {
  return lines.flatMap(({ sku }, index) =>
    offers.has(sku)
      ? []
      : [{ pointer: `/lines/${index}/sku`, code: 'unknown-sku', detail: `'${sku}' is not in the catalogue` }],
  )
}

function tooMany({ lines }: NewOrder, quantities: ReadonlyMap<string, number>): Fault[] {
  return [...quantities].flatMap(([sku, quantity]) => {
    if (quantity <= LIMITS.quantity) return []
    const pointer = `/lines/${lines.findIndex((line) => line.sku === sku)}/quantity`
    const detail = `'${sku}' is ordered ${quantity} times in all; ${LIMITS.quantity} is the most`
    return [{ pointer, code: 'quantity-too-large', detail }]
  })
}

function refuseFaulty(faults: readonly Fault[], code: string, message: string) {
  if (faults.length > 0) throw new Refusal('invalid', code, `${message}; see errors.`, { faults })
}

function totalOf(lines: readonly OrderLine[], offers: ReadonlyMap<string, Offer>) {
  const currencies = new Set(lines.map(({ sku }) => offers.get(sku)!.currency))
  if (currencies.size > 1) {
    const named = [...currencies].toSorted().join(' and ')
    throw new Refusal(
      'invalid',
      'mixed-currencies',
      `One order is paid in one currency; these lines are priced in ${named}.`,
    )
  }
  const amount = lines.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0)
  if (amount > LIMITS.total) {
    throw new Refusal('invalid', 'total-too-large', 'The total is more than one order may cost; split the order.')
  }
  return { amount, currency: [...currencies][0]! }
}
