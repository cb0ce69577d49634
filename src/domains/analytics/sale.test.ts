import fc from 'fast-check'
import type { NewEvent } from '#messaging'
import { anOrderCancelled, anOrderConfirmed, anOrderPlaced, anOrderRejected } from '#testing'
import { dailyOf, learn, productsOf, type Sale, type SaleFact } from './sale.ts'

const orderId = '0199a000-0000-7000-8000-000000000001'
const told = (event: NewEvent, day: string) => ({ ...event, time: new Date(`${day}T23:59:59Z`) }) as SaleFact
const after = (...facts: SaleFact[]) => facts.reduce<Sale>(learn, { orderId })

const placed = told(anOrderPlaced({ orderId }), '2026-11-20')
const confirmed = told(anOrderConfirmed({ orderId }), '2026-11-21')
const rejected = told(anOrderRejected({ orderId }), '2026-11-21')
const cancelled = told(anOrderCancelled({ orderId }), '2026-11-22')

it('counts an order on the day of each of its facts, and its revenue when confirmed', () => {
  const sale = after(placed, confirmed)
  expect(dailyOf(sale)).toEqual([
    { day: '2026-11-20', currency: 'GBP', what: 'placed', orders: 1, revenue: 0 },
    { day: '2026-11-21', currency: 'GBP', what: 'confirmed', orders: 1, revenue: 2_500 },
  ])
  expect(productsOf(sale)).toEqual([{ day: '2026-11-21', currency: 'GBP', sku: 'MUG-01', quantity: 2, revenue: 2_500 }])
})

it('takes the revenue of a confirmed order back on the day it is cancelled', () => {
  const sale = after(placed, confirmed, cancelled)
  expect(dailyOf(sale).at(-1)).toEqual({
    day: '2026-11-22',
    currency: 'GBP',
    what: 'cancelled',
    orders: 1,
    revenue: -2_500,
  })
  expect(productsOf(sale).map(({ day, quantity }) => [day, quantity])).toEqual([
    ['2026-11-21', 2],
    ['2026-11-22', -2],
  ])
})

it('counts a rejection without revenue, once its currency is known', () => {
  expect(dailyOf(after(rejected))).toEqual([])
  expect(dailyOf(after(rejected, placed))).toMatchObject([
    { what: 'placed', revenue: 0 },
    { what: 'rejected', revenue: 0 },
  ])
})

it('does not depend on the order of arrival, nor on repetition', () => {
  const facts = [placed, confirmed, cancelled]
  const order = fc.shuffledSubarray([...facts, ...facts], { minLength: 6, maxLength: 6 })
  fc.assert(
    fc.property(order, (arrived) => {
      expect(dailyOf(after(...arrived))).toEqual(dailyOf(after(...facts)))
      expect(productsOf(after(...arrived))).toEqual(productsOf(after(...facts)))
    }),
  )
})
