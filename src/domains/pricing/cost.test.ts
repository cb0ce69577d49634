import fc from 'fast-check'
import type { OrderLine } from '#events'
import type { Basket } from './basket.ts'
import { costOf } from './cost.ts'
import { toCostsView } from './costs-view.ts'
import { exponentOf } from '#events'
import { toMinorUnits } from './currency.ts'
import { defineRates } from './rates/define-rates.ts'
import { NO_RATES } from './rates/rates.ts'
import { distribute, portion, taxWithin } from './rounding.ts'

const rates = defineRates({
  taxes: [
    { country: 'GB', name: 'VAT reduced', percent: '5', skus: ['TEA'], included: true },
    { country: 'GB', name: 'VAT', percent: '20', included: true },
    { country: 'US', region: 'NY', name: 'Sales tax', percent: '8.875' },
    { country: 'KW', name: 'Levy', percent: '0.0001' },
  ],
  shippingMethods: [
    {
      code: 'post',
      name: 'Post',
      prices: { GBP: '4.95', USD: '7.50', JPY: '500', KWD: '1.255' },
      freeFrom: { GBP: '50' },
    },
    { code: 'van', name: 'Van', countries: ['GB'], prices: { GBP: '12' } },
  ],
  discounts: [
    { code: 'TEN', off: { percent: '10' } },
    { code: 'third', off: { percent: '33.3333' } },
    { code: 'TEA5', skus: ['TEA'], off: { GBP: '5', USD: '5', JPY: '5', KWD: '5' } },
    { code: 'FREESHIP', on: 'shipping', off: { percent: '100' } },
    { code: 'BIG', off: { GBP: '10' }, minimum: { GBP: '100' } },
    { code: 'PAST', off: { percent: '50' }, until: '2026-01-01T00:00:00Z' },
  ],
})
const line = (sku: string, unitPrice: number, quantity = 1): OrderLine => ({ sku, name: sku, unitPrice, quantity })
const basket = (given: Partial<Basket> & Pick<Basket, 'lines'>): Basket => ({
  currency: 'GBP',
  to: { country: 'GB' },
  at: new Date('2026-11-22T00:00:00Z'),
  ...given,
})
const refused = (given: Parameters<typeof basket>[0]) => {
  try {
    return costOf(basket(given), rates)
  } catch (error) {
    return error
  }
}

test('included tax changes no total, and is computed for each line at its own rate', () => {
  const { total, costs } = costOf(basket({ lines: [line('MUG', 1_250, 2), line('TEA', 695)] }), rates)
  expect(total).toEqual({ amount: 3_195, currency: 'GBP' })
  expect(costs).toMatchObject({
    tax: 417 + 33,
    taxIncluded: true,
    taxes: [
      { name: 'VAT', percent: '20', taxed: 2_083, amount: 417 },
      { name: 'VAT reduced', percent: '5', taxed: 662, amount: 33 },
    ],
    lines: [
      { discount: 0, tax: 417, total: 2_500 },
      { discount: 0, tax: 33, total: 695 },
    ],
  })
})

test('tax that is not included is added, after discounts, also to the shipping', () => {
  const to = { country: 'US', region: 'ny' }
  const asked = { currency: 'USD', to, shipping: { method: 'post' }, discountCodes: ['ten'] }
  const { total, costs } = costOf(basket({ ...asked, lines: [line('MUG', 999)] }), rates)
  expect(costs).toMatchObject({
    items: 999,
    discount: 100,
    shipping: 750,
    tax: 80 + 67,
    taxIncluded: false,
    lines: [{ discount: 100, tax: 80, total: 979 }],
    shippingMethod: { method: 'post', price: 750, tax: 67, total: 817 },
  })
  expect(total.amount).toBe(979 + 817)
})

test('a discount on some SKUs goes first and stays on them; one on all is split by largest remainder', () => {
  const lines = [line('A', 100), line('B', 100), line('TEA', 600)]
  const { costs } = costOf(basket({ lines, to: { country: 'FR' }, discountCodes: ['TEN', 'TEA5', 'ten'] }), rates)
  expect(costs!.discounts).toEqual([
    { code: 'TEA5', amount: 500 },
    { code: 'TEN', amount: 30 },
  ])
  expect(costs!.lines.map(({ discount }) => discount)).toEqual([10, 10, 510])
})

test('shipping is free from what the lines cost after discounts', () => {
  const price = (unitPrice: number, ...discountCodes: string[]) =>
    costOf(basket({ lines: [line('A', unitPrice)], shipping: { method: 'post' }, discountCodes }), rates).costs!
      .shipping
  expect([price(5_000), price(4_999), price(5_000, 'TEN')]).toEqual([0, 495, 495])
})

test.each([
  [{ discountCodes: ['NONE'] }, 'unknown-discount-code', '/discountCodes/0'],
  [{ discountCodes: ['TEN', 'PAST'] }, 'unknown-discount-code', '/discountCodes/1'],
  [{ discountCodes: ['BIG'] }, 'discount-not-applicable', '/discountCodes/0'],
  [{ discountCodes: ['TEA5'] }, 'discount-not-applicable', '/discountCodes/0'],
  [{ shipping: { method: 'van' }, to: { country: 'DE' } }, 'shipping-not-available', '/shipping/method'],
  [{ shipping: { method: 'post' }, currency: 'CHF' }, 'shipping-not-available', '/shipping/method'],
])('refuses %j', (given, code, pointer) => {
  expect(refused({ lines: [line('A', 100)], ...given })).toMatchObject({ code, faults: [{ pointer }] })
})

test('without a rule that has a part in it, an order costs its lines and nothing is kept', () => {
  const lines = [line('A', 100, 3)]
  for (const cost of [costOf(basket({ lines }), NO_RATES), costOf(basket({ lines, to: { country: 'FR' } }), rates)])
    expect(cost).toEqual({ total: { amount: 300, currency: 'GBP' } })
})

test('whatever is bought, the parts add up to the minor unit in every way of adding', () => {
  const sum = (parts: readonly number[]) => parts.reduce((all, one) => all + one, 0)
  const anyBasket = fc.record({
    lines: fc.array(
      fc.record({
        sku: fc.constantFrom('TEA', 'MUG', 'POT'),
        name: fc.constant('x'),
        unitPrice: fc.oneof(fc.nat(2_000), fc.nat(10_000_000)),
        quantity: fc.integer({ min: 1, max: 999 }),
      }),
      { minLength: 1, maxLength: 12 },
    ),
    currency: fc.constantFrom('GBP', 'USD', 'JPY', 'KWD'),
    to: fc.constantFrom({ country: 'GB' }, { country: 'US', region: 'NY' }, { country: 'KW' }, { country: 'FR' }),
    shipping: fc.option(fc.constant({ method: 'post' }), { nil: undefined }),
    discountCodes: fc.subarray(['TEN', 'THIRD', 'FREESHIP']),
    at: fc.constant(new Date()),
  })
  const property = fc.property(anyBasket, (any) => {
    const cost = costOf(any, rates)
    const { items, discount, shipping, tax, total, ...view } = toCostsView({ ...cost, lines: any.lines })
    const parts = [...view.lines, ...(view.shippingMethod ? [view.shippingMethod] : [])]
    expect(items.amount).toBe(sum(any.lines.map(({ quantity, unitPrice }) => quantity * unitPrice)))
    expect(total.amount).toBe(items.amount - discount.amount + shipping.amount + (view.taxIncluded ? 0 : tax.amount))
    expect(sum(parts.map((part) => part.total.amount))).toBe(total.amount)
    expect(sum(parts.map((part) => part.discount.amount))).toBe(discount.amount)
    expect(sum(parts.map((part) => part.tax.amount))).toBe(tax.amount)
    expect(sum(view.discounts.map(({ amount }) => amount.amount))).toBe(discount.amount)
    expect(sum(view.taxes.map(({ amount }) => amount.amount))).toBe(tax.amount)
    for (const part of parts)
      expect(Math.min(part.discount.amount, part.tax.amount, part.total.amount)).toBeGreaterThanOrEqual(0)
  })
  fc.assert(property, { numRuns: 500 })
})

test('a split loses nothing, gives nobody more than his weight, and depends on nothing but the numbers', () => {
  const weights = fc.array(fc.nat(1_000_000_000_000), { minLength: 1, maxLength: 20 })
  const property = fc.property(weights, fc.double({ min: 0, max: 1, noNaN: true }), (all, share) => {
    const whole = all.reduce((one, other) => one + other, 0)
    const amount = Math.floor(whole * share)
    const parts = distribute(amount, all)
    expect(parts.reduce((one, other) => one + other, 0)).toBe(amount)
    for (const [index, part] of parts.entries()) {
      expect(part).toBeLessThanOrEqual(all[index]!)
      if (whole > 0) expect(Math.abs(part - (amount / whole) * all[index]!)).toBeLessThan(1.01)
    }
  })
  fc.assert(property, { numRuns: 300 })
})

test('halves go up', () => {
  expect([portion(5, 1, 2), portion(4, 1, 2), portion(1, 1, 3), portion(999_999_999_999, 999_999, 1_000_000)]).toEqual([
    3, 2, 0, 999_998_999_999,
  ])
  expect([taxWithin(120, '20'), taxWithin(3, '20'), taxWithin(999_999_999_999, '8.875')]).toEqual([
    20, 1, 81_515_499_426,
  ])
})

test.each([
  ['GBP', 2, '4.95', 495],
  ['JPY', 0, '500', 500],
  ['KWD', 3, '1.2', 1_200],
  ['CLF', 4, '0.0001', 1],
])('%s has %i decimals', (currency, exponent, amount, minor) => {
  expect(exponentOf(currency)).toBe(exponent)
  expect(toMinorUnits(amount, currency)).toBe(minor)
  expect(() => toMinorUnits(`1.${'0'.repeat(exponent + 1)}`, currency)).toThrow(TypeError)
})

test.each([
  { taxes: [{ country: 'GB', name: 'VAT', percent: '20 %' }] },
  { shippingMethods: [{ code: 'x', name: 'x', prices: { JPY: '1.5' } }] },
  { discounts: [{ code: 'x', off: { percent: '101' } }] },
  { discounts: [{ code: 'x', off: { percent: '1' }, from: 'soon' }] },
  {
    taxes: [
      { country: 'GB', name: 'a', percent: '1', included: true },
      { country: 'GB', name: 'b', percent: '2' },
    ],
  },
])('refuses the table %j', (table) => {
  expect(() => defineRates(table)).toThrow(TypeError)
})
