import fc from 'fast-check'
import type { Costs } from '#events'
import { NONE_BACK, type Payment } from '../payment.ts'
import { refundAmount } from './refund-amount.ts'
import { NewRefund } from './schemas.ts'

const total = { amount: 1_045, currency: 'GBP' }
const captured: Payment = { status: 'captured', closed: false, authorizationId: 'a', amount: total, ...NONE_BACK }
const lines = [
  { sku: 'MUG', name: 'Mug', quantity: 3, unitPrice: 200 },
  { sku: 'TEA', name: 'Tea', quantity: 1, unitPrice: 500 },
]
const part = { discount: 0, tax: 0 }
const costs: Costs = {
  items: 1_100,
  discount: 550,
  shipping: 495,
  tax: 0,
  taxIncluded: true,
  discounts: [],
  taxes: [],
  shippingMethod: { method: 'post', name: 'Post', price: 495, ...part, total: 495 },
  lines: [
    { ...part, total: 100 },
    { ...part, total: 450 },
  ],
}
const nothing = { pieces: (_sku: string) => 0, shipping: false }
const amountOf = (wanted: object, earlier = nothing, payment = captured) =>
  refundAmount(NewRefund.parse(wanted), { lines, costs, total }, earlier, payment).amount
const refusal = (...given: Parameters<typeof amountOf>) => {
  try {
    return amountOf(...given)
  } catch (error) {
    return error
  }
}

test.each([
  [{}, 1_045],
  [{ amount: { amount: 7, currency: 'GBP' } }, 7],
  [{ lines: [{ sku: 'MUG', quantity: 1 }] }, 33],
  [{ lines: [{ sku: 'MUG', quantity: 2 }, { sku: 'MUG', quantity: 1 }] }, 100], // prettier-ignore
  [{ lines: [{ sku: 'TEA', quantity: 1 }], shipping: true }, 945],
])('%j is over %i', (wanted, amount) => expect(amountOf(wanted)).toBe(amount))

test('without costs a line is worth its price', () => {
  const wanted = NewRefund.parse({ lines: [{ sku: 'MUG', quantity: 2 }] })
  expect(refundAmount(wanted, { lines, costs: null, total }, nothing, captured)).toMatchObject({ amount: 400 })
})

test.each<[object, object, Parameters<typeof amountOf>[1]?, Partial<Payment>?]>([
  [
    { lines: [{ sku: 'MUG', quantity: 4 }] },
    { code: 'quantity-too-large', faults: [{ pointer: '/lines/0/quantity' }] },
  ],
  [{ lines: [{ sku: 'MUG', quantity: 2 }] }, { code: 'quantity-too-large' }, { ...nothing, pieces: () => 2 }],
  [{ lines: [{ sku: 'POT', quantity: 1 }] }, { code: 'unknown-sku', faults: [{ pointer: '/lines/0/sku' }] }],
  [{ shipping: true }, { code: 'nothing-to-refund' }, { ...nothing, shipping: true }],
  [{ amount: { amount: 1, currency: 'EUR' } }, { faults: [{ pointer: '/amount/currency' }] }],
  [{ amount: { amount: 1, currency: 'GBP' }, shipping: true }, { faults: [{ pointer: '/amount' }] }],
  [{ amount: { amount: 1_046, currency: 'GBP' } }, { code: 'refund-too-large' }],
  [{ shipping: true }, { code: 'refund-too-large' }, nothing, { refunded: 300, refunding: 251 }],
  [{}, { code: 'nothing-to-refund' }, nothing, { refunded: 1_000, refunding: 45 }],
  [{}, { code: 'nothing-to-refund' }, nothing, { closed: true }],
  [{}, { code: 'nothing-to-refund' }, nothing, { status: 'authorized' }],
])('%j is refused: %j', (wanted, why, earlier = nothing, payment = {}) => {
  expect(refusal(wanted, earlier, { ...captured, ...payment })).toMatchObject(why)
})

test('in whatever steps its pieces are refunded, a line gives back what it cost', () => {
  const property = fc.property(
    fc.nat(10_000),
    fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
    (cost, steps) => {
      const quantity = steps.reduce((all, step) => all + step, 0)
      const line = { sku: 'MUG', name: 'Mug', quantity, unitPrice: 1_000 }
      const paid = {
        lines: [line],
        costs: { ...costs, lines: [{ ...part, total: cost }] },
        total: { ...total, amount: 1e9 },
      }
      let earlier = 0
      let back = 0
      for (const step of steps) {
        const wanted = { lines: [{ sku: 'MUG', quantity: step }], reason: 'other' as const, amount: undefined }
        const payment = { ...captured, amount: paid.total }
        try {
          back += refundAmount(wanted, paid, { pieces: () => earlier, shipping: false }, payment).amount
        } catch (error) {
          expect(error).toMatchObject({ code: 'refund-too-large' }) // pieces that cost nothing
        }
        earlier += step
      }
      expect(back).toBe(cost)
    },
  )
  fc.assert(property)
})
