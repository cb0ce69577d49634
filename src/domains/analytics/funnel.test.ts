import fc from 'fast-check'
import type { NewEvent } from '#messaging'
import { anOrderConfirmed, anOrderPlaced, anOrderRejected, anOrderShipped } from '#testing'
import { bucketOf, move, quantile, type Moving, type StateFact } from './funnel.ts'

const at = (event: NewEvent, second: number) =>
  ({ ...event, time: new Date(Date.UTC(2026, 10, 21) + second * 1_000) }) as StateFact

it('tells how long an order was in the state that it leaves, on the day it was placed', () => {
  const { order, step } = move(undefined, at(anOrderPlaced(), 0))
  expect(step).toEqual({ day: '2026-11-21', from: '', to: 'placed', ms: 0 })
  const confirmed = move(order, at(anOrderConfirmed(), 2))
  expect(confirmed.step).toMatchObject({ from: 'placed', to: 'confirmed', ms: 2_000 })
  expect(move(confirmed.order, at(anOrderShipped(), 90_000)).step).toEqual({
    day: '2026-11-21',
    from: 'confirmed',
    to: 'shipped',
    ms: 89_998_000,
  })
})

it('forgets an order at its end, and leaves out one that it has not seen placed', () => {
  const { order } = move(undefined, at(anOrderPlaced(), 0))
  expect(move(order, at(anOrderRejected(), 1)).order).toBeUndefined()
  expect(move(undefined as Moving | undefined, at(anOrderShipped(), 1))).toEqual({})
})

it('tells quantiles that are at most 9.1 % too high', () => {
  const durations = fc.array(fc.integer({ min: 1, max: 2_592_000_000 }), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(durations, fc.constantFrom(0.5, 0.95), (all, share) => {
      const buckets = new Map<number, number>()
      for (const ms of all) buckets.set(bucketOf(ms), (buckets.get(bucketOf(ms)) ?? 0) + 1)
      const exact = all.toSorted((a, b) => a - b)[Math.ceil(share * all.length) - 1]!
      const told = quantile(buckets, share)
      expect(told).toBeGreaterThanOrEqual(exact * 0.999999)
      expect(told).toBeLessThanOrEqual(exact * 1.091)
    }),
  )
})
