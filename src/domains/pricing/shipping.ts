import { Refusal } from '#http'
import type { Basket } from './basket.ts'
import type { Rates, ShippingMethod } from './rates/rates.ts'

/** What there is for this basket, at the price for it. */
export const methodsFor = ({ to, currency }: Basket, rates: Rates, items: number): ShippingMethod[] =>
  rates.shippingTo(to, currency).map((method) => {
    const isFree = method.freeFrom !== undefined && items >= method.freeFrom
    return isFree ? { ...method, price: 0 } : method
  })

/** @throws Refusal `shipping-not-available`, naming those that are */
export function wantedMethod(basket: Basket, rates: Rates, items: number): ShippingMethod | undefined {
  const { shipping } = basket
  if (!shipping) return undefined
  const methods = methodsFor(basket, rates, items)
  const found = methods.find(({ code }) => code === shipping.method)
  if (found) return found
  const there = methods.map(({ code }) => code).join(', ') || 'none'
  const detail = `'${shipping.method}' is not among the shipping methods for this order: ${there}`
  throw new Refusal('invalid', 'shipping-not-available', `${detail}.`, {
    faults: [{ pointer: '/shipping/method', code: 'shipping-not-available', detail }],
  })
}
