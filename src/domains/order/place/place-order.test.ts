import { LIMITS, NO_RATES } from '#domains/pricing'
import fc from 'fast-check'
import { placeOrder } from './place-order.ts'
import type { NewOrder } from '../schemas/new-order.ts'

const orderId = '0199a000-0000-7000-8000-000000000001'
const offers = new Map([
  ['MUG', { name: 'Mug', price: 1_250, currency: 'GBP' }],
  ['TEA', { name: 'Tea', price: 695, currency: 'GBP' }],
  ['FREE', { name: 'Sample', price: 0, currency: 'GBP' }],
  ['GOLD', { name: 'Gold', price: 2_000_000_000, currency: 'GBP' }],
  ['EURO', { name: 'Euro mug', price: 900, currency: 'EUR' }],
])

const request = (...lines: NewOrder['lines']): NewOrder => ({
  customer: { name: 'Ada', email: 'ada@example.com' },
  shippingAddress: { line1: '1 Way', city: 'London', postalCode: 'N1', country: 'GB' },
  lines,
  payment: { token: 'pm_card_visa' },
})
const place = (...lines: NewOrder['lines']) =>
  placeOrder(request(...lines), { offers, rates: NO_RATES, at: new Date() }, { orderId }).data
const refused = (...lines: NewOrder['lines']) => {
  try {
    place(...lines)
  } catch (error) {
    return error
  }
  return undefined
}

describe('placeOrder', () => {
  it('prices the lines from the offers', () => {
    expect(place({ sku: 'MUG', quantity: 2 }, { sku: 'TEA', quantity: 1 })).toMatchObject({
      orderId,
      lines: [
        { sku: 'MUG', name: 'Mug', quantity: 2, unitPrice: 1_250 },
        { sku: 'TEA', name: 'Tea', quantity: 1, unitPrice: 695 },
      ],
      total: { amount: 3_195, currency: 'GBP' },
    })
  })

  it('makes one line of a repeated SKU, where it first stood', () => {
    const { lines } = place({ sku: 'TEA', quantity: 1 }, { sku: 'MUG', quantity: 1 }, { sku: 'TEA', quantity: 4 })
    expect(lines.map(({ sku, quantity }) => [sku, quantity])).toEqual([
      ['TEA', 5],
      ['MUG', 1],
    ])
  })

  it('names every unknown SKU by its place in the request', () => {
    expect(
      refused({ sku: 'NONE', quantity: 1 }, { sku: 'MUG', quantity: 1 }, { sku: 'toString', quantity: 1 }),
    ).toMatchObject({
      code: 'unknown-sku',
      faults: [{ pointer: '/lines/0/sku' }, { pointer: '/lines/2/sku' }],
    })
  })

  it('refuses quantities that only together are too large', () => {
    expect(refused({ sku: 'FREE', quantity: LIMITS.quantity }, { sku: 'FREE', quantity: 1 })).toMatchObject({
      code: 'quantity-too-large',
      faults: [{ pointer: '/lines/0/quantity' }],
    })
  })

  it('refuses a total beyond the limit and a mix of currencies', () => {
    expect(refused({ sku: 'GOLD', quantity: 100_000 })).toMatchObject({ code: 'total-too-large' })
    expect(refused({ sku: 'MUG', quantity: 1 }, { sku: 'EURO', quantity: 1 })).toMatchObject({
      code: 'mixed-currencies',
    })
  })

  it('takes nothing away and adds nothing', () => {
    const line = fc.record({ sku: fc.constantFrom('MUG', 'TEA', 'FREE'), quantity: fc.integer({ min: 1, max: 200 }) })
    const property = fc.property(fc.array(line, { minLength: 1, maxLength: LIMITS.lines }), (lines) => {
      const placed = place(...lines)
      const pieces = (of: readonly { quantity: number }[]) => of.reduce((sum, { quantity }) => sum + quantity, 0)
      expect(pieces(placed.lines)).toBe(pieces(lines))
      expect(new Set(placed.lines.map(({ sku }) => sku)).size).toBe(placed.lines.length)
      expect(placed.total.amount).toBe(
        lines.reduce((sum, { sku, quantity }) => sum + quantity * offers.get(sku)!.price, 0),
      )
    })
    fc.assert(property, { numRuns: 100 })
  })
})
