import fc from 'fast-check'
import { OrderReduced, ShipmentDelivered } from '#events'
import {
  anOrderConfirmed,
  anOrderDelivered,
  anOrderParcelShipped,
  anOrderPlaced,
  anOrderRejected,
  anOrderShipped,
} from '#testing'
import type { NewEvent } from '#messaging'
import { bucketOf, move, quantile, type Moving, type FunnelFact } from './funnel.ts'

const at = (event: NewEvent, second: number) =>
  ({ ...event, time: new Date(Date.UTC(2026, 10, 21) + second * 1_000) }) as FunnelFact

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

const [one, two] = ['0199a000-0000-7000-8000-00000000000a', '0199a000-0000-7000-8000-00000000000b']
const piece = { sku: 'MUG-01', name: 'Enamel mug', quantity: 1 }
const sent = (shipmentId: string, quantity = 1) => anOrderParcelShipped({ shipmentId, lines: [{ ...piece, quantity }] })
const arrived = (shipmentId: string) => ShipmentDelivered({ orderId: one, shipmentId })
const lessOne = () => OrderReduced({ ...OrderReduced.example!, lines: [{ sku: 'MUG-01', quantity: 1, amount: 1_250 }] })
const shipped = () => anOrderShipped({ parcels: 1 })

it.each<[string, (() => NewEvent)[], string[]]>([
  ['the automatic one', [anOrderShipped, () => arrived(two), anOrderDelivered], ['shipped', 'delivered']],
  ['one', [() => sent(one, 2), shipped, () => arrived(one), anOrderDelivered], ['shipped', 'delivered']],
  [
    'two, one after the other',
    [() => sent(one), () => arrived(one), () => sent(two), shipped, () => arrived(two), anOrderDelivered],
    ['partially_shipped', 'partially_delivered', 'delivered'],
  ],
  [
    'two at once',
    [() => sent(one), () => sent(two), shipped, () => arrived(two), () => arrived(one), anOrderDelivered],
    ['partially_shipped', 'shipped', 'partially_delivered', 'delivered'],
  ],
  [
    'one, and the rest is cancelled',
    [() => sent(one), lessOne, shipped, () => arrived(one), anOrderDelivered],
    ['partially_shipped', 'shipped', 'delivered'],
  ],
  ['one of what a cancellation has left', [lessOne, () => sent(one), shipped], ['shipped']],
])('tells of an order that is shipped in part, and of one that has arrived in part: %s', (_, facts, states) => {
  const begun = [anOrderPlaced(), anOrderConfirmed(), ...facts.map((fact) => fact())]
  let order: Moving | undefined
  const steps = begun.flatMap((event, second) => {
    const next = move(order, at(event, second))
    order = next.order
    return next.step ?? []
  })
  expect(steps.map(({ to }) => to)).toEqual(['placed', 'confirmed', ...states])
  for (const [nth, { from }] of steps.entries()) expect(from).toBe(steps[nth - 1]?.to ?? '')
  expect(steps.reduce((sum, { ms }) => sum + ms, 0)).toBe((begun.length - 1) * 1_000)
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
