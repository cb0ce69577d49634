import type { NewEvent } from '#messaging'
import {
  anOrderCancelled,
  anOrderConfirmed,
  anOrderExpired,
  anOrderPlaced,
  anOrderRejected,
  anOrderShipped,
} from '#testing'
import { countSale, type Counted, type SaleFact } from './sale.ts'

const orderId = '0199a000-0000-7000-8000-000000000001'
const told = (event: NewEvent, day: string) => ({ ...event, time: new Date(`${day}T23:59:59Z`) }) as SaleFact
const countAll = (...facts: SaleFact[]) => {
  let open: Counted['open']
  return facts.map((fact) => {
    const counted = countSale(open, fact)
    open = counted.open
    return counted
  })
}

const placed = told(anOrderPlaced({ orderId }), '2026-11-20')
const confirmed = told(anOrderConfirmed({ orderId }), '2026-11-21')
const cancelled = told(anOrderCancelled({ orderId }), '2026-11-22')
const where = { country: 'GB', currency: 'GBP' }

it('counts an order on the day of each of its facts, and its revenue when confirmed', () => {
  const [first, second] = countAll(placed, confirmed)
  expect(first).toMatchObject({ day: { day: '2026-11-20', ...where, what: 'placed', revenue: 0 }, products: [] })
  expect(second).toMatchObject({
    day: { day: '2026-11-21', ...where, what: 'confirmed', revenue: 2_500 },
    products: [{ day: '2026-11-21', sku: 'MUG-01', quantity: 2, revenue: 2_500 }],
  })
})

it('takes the revenue of a confirmed order back on the day it is cancelled', () => {
  expect(countAll(placed, confirmed, cancelled).at(-1)).toEqual({
    open: undefined,
    day: { day: '2026-11-22', ...where, what: 'cancelled', revenue: -2_500 },
    products: [{ day: '2026-11-22', sku: 'MUG-01', currency: 'GBP', quantity: -2, revenue: -2_500 }],
  })
})

it.each([
  ['rejected', anOrderRejected],
  ['expired', anOrderExpired],
  ['cancelled', anOrderCancelled],
] as const)('counts an order that was %s before its confirmation without revenue', (what, build) => {
  const [, end] = countAll(placed, told(build({ orderId }), '2026-11-21'))
  expect(end).toEqual({ open: undefined, day: { day: '2026-11-21', ...where, what, revenue: 0 }, products: [] })
})

it('forgets an order that is shipped: nothing is taken back any more', () => {
  expect(countAll(placed, confirmed, told(anOrderShipped({ orderId }), '2026-11-22')).at(-1)).toEqual({
    open: undefined,
    products: [],
  })
})

it('leaves an end out whose beginning is not among the events', () => {
  expect(countAll(cancelled)).toEqual([{ open: undefined, products: [] }])
})
