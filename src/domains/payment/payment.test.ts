import fc from 'fast-check'
import { Unrecoverable } from '#messaging'
import { entryOf, evolve, returnOwed, unknownPayment, type Fact, type Payment } from './payment.ts'

const authorized: Fact = { kind: 'authorized', authorizationId: 'auth_1', amount: { amount: 2_500, currency: 'GBP' } }
const after = (...facts: Fact[]) => facts.reduce(evolve, unknownPayment)
const kinds = (...all: Exclude<Fact['kind'], 'authorized'>[]) => all.map((kind): Fact => ({ kind, amount: 2_500 }))

test.each([
  ['pending', undefined, []],
  ['declined', undefined, kinds('declined')],
  ['authorized', 'void', [authorized]],
  ['captured', 'refund', [authorized, ...kinds('captured')]],
  ['failed', 'void', [authorized, ...kinds('failed')]],
  ['voided', undefined, [authorized, ...kinds('voided')]],
  ['refunded', undefined, [authorized, ...kinds('captured', 'refunded')]],
] as const)('%s: a closed order is owed %s', (status, owed, facts) => {
  expect(after(...facts)).toMatchObject({ status, closed: false })
  expect(returnOwed(after(...facts))).toBeUndefined()
  expect(returnOwed(after(...facts, { kind: 'closed' }))).toBe(owed)
  expect(returnOwed(after({ kind: 'closed' }, ...facts))).toBe(owed)
})

test.each([
  [kinds('captured')],
  [[authorized, authorized]],
  [[authorized, ...kinds('captured', 'voided')]],
  [[authorized, ...kinds('voided', 'captured')]],
  [[authorized, ...kinds('captured', 'refunded', 'refunded')]],
  [[authorized, ...kinds('captured', 'refund-failed')]],
  [[authorized, ...kinds('captured', 'refund-requested', 'refund-requested')]],
  [[authorized, ...kinds('captured', 'refund-requested', 'refunded')]],
])('what cannot follow is refused: %j', (facts) => expect(() => after(...facts)).toThrow(Unrecoverable))

const anyFact = fc.constantFrom<Fact>(
  authorized,
  ...kinds('declined', 'captured', 'failed', 'voided', 'refunded', 'closed'),
  { kind: 'refund-requested', amount: 1_000 },
  { kind: 'refund-failed', amount: 1_000 },
  { kind: 'refunded', amount: 1_000, refundId: 'one' },
)

test('whatever happens, the ledger says what the status says', () => {
  fc.assert(
    fc.property(fc.array(anyFact, { maxLength: 10 }), (facts) => {
      let payment: Payment = unknownPayment
      let [held, taken] = [0, 0]
      for (const fact of facts) {
        const next = attempt(payment, fact)
        const entry = next === payment ? undefined : entryOf(fact, next.amount?.amount ?? 0)
        held += entry?.held ?? 0
        taken += entry?.taken ?? 0
        payment = next
      }
      expect(held).toBe(['authorized', 'failed'].includes(payment.status) ? 2_500 : 0)
      expect(taken).toBe(payment.status === 'captured' ? 2_500 - payment.refunded : 0)
      expect(payment.refunded + payment.refunding).toBeLessThanOrEqual(payment.amount?.amount ?? 0)
    }),
  )
})

function attempt(payment: Payment, fact: Fact): Payment {
  try {
    return evolve(payment, fact)
  } catch {
    return payment
  }
}
