import fc from 'fast-check'
import { aPaymentRefunded, anOrderConfirmed } from '#testing'
import { changeOf, evolve, type Earnings, type PointsFact } from './earnings.ts'

const orderId = '0190a1b2-0000-7000-8000-000000000001'
const nothing: Earnings = { orderId, person: null, currency: null, paid: 0, refunded: 0, points: 0 }
const money = (amount: number, currency = 'GBP') => ({ amount, currency })
const customer = { name: 'Ada', email: ' Ada@Example.com' }

const confirmed = (amount: number, currency?: string) =>
  anOrderConfirmed({ orderId, customer, total: money(amount, currency) }) as PointsFact
const refunded = (amount: number) => aPaymentRefunded({ orderId, amount: money(amount) }) as PointsFact
const after = (...facts: PointsFact[]) => facts.reduce(evolve, nothing)

test.each([
  ['whole currency units count', [confirmed(2_599)], 25],
  ['also of a currency without a smaller unit', [confirmed(300, 'JPY')], 300],
  ['by ISO 4217, where CLDR leaves decimals out', [confirmed(125_050, 'HUF')], 1_250],
  ['less what was refunded', [confirmed(2_599), refunded(1_000)], 15],
  ['in whatever order that is heard', [refunded(1_000), confirmed(2_599)], 15],
  ['and never less than nothing', [refunded(5_000), confirmed(2_599)], 0],
  ['nothing while it is not known whose order it is', [refunded(1_000)], 0],
])('%s', (_what, facts, points) => expect(after(...facts).points).toBe(points))

test('a change is told with whose points they are, or not at all', () => {
  const earned = after(confirmed(2_599))
  const award = { type: 'points.awarded', data: { orderId, points: 25 } }
  expect(changeOf(nothing, earned)).toMatchObject(award)
  expect(changeOf(earned, evolve(earned, refunded(600)))).toMatchObject({ type: 'points.revoked', data: { points: 6 } })
  expect(changeOf(earned, earned)).toBeNull()
  expect(changeOf(nothing, after(refunded(1_000)))).toBeNull()
})

test('what was told adds up to what was earned, in whatever order the facts come', () => {
  const facts = fc.shuffledSubarray([confirmed(10_000), refunded(150), refunded(1_099), refunded(3_000)])
  fc.assert(
    fc.property(facts, (given) => {
      let earned = nothing
      let told = 0
      for (const fact of given) {
        const next = evolve(earned, fact)
        const change = changeOf(earned, next)
        if (change) told += change.type === 'points.awarded' ? change.data.points : -change.data.points
        earned = next
      }
      expect(told).toBe(earned.points)
    }),
  )
})
