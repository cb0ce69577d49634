import fc from 'fast-check'
import { anOrderPlaced } from '#testing'
import { screen } from './screen.ts'

const order = (email: string, amount = 2_500, quantity = 1) =>
  anOrderPlaced({
    customer: { name: 'Ada Lovelace', email },
    total: { amount, currency: 'GBP' },
    lines: [{ sku: 'MUG-01', name: 'Enamel mug', quantity, unitPrice: 1 }],
  }).data

test('an ordinary order scores nothing', () => {
  expect(screen(order('ada@example.com'))).toEqual({ score: 0, reasons: [], flagged: false })
})

test.each([
  [100, true, order('fraud@example.com')],
  [100, true, order('Fraud+7@example.com')],
  [0, false, order('fraudulent.jones@example.com')],
  [50, false, order('ada@mailinator.com')],
  [80, true, order('ada@MAILINATOR.com', 1_000_000)],
  [30, false, order('ada@example.com', 1_000_000)],
  [70, true, order('ada@example.com', 10_000_000)],
  [20, false, order('ada@example.com', 2_500, 10_000)],
  [100, true, order('ada@mailinator.com', 10_000_000, 10_000)],
])('scores %i (flagged: %s)', (score, flagged, given) => expect(screen(given)).toMatchObject({ score, flagged }))

test('a flagged order has a reason, and no score leaves 0 to 100', () => {
  const email = fc.constantFrom('ada@example.com', 'fraud@example.com', 'ada@yopmail.com')
  fc.assert(
    fc.property(email, fc.nat(20_000_000), fc.integer({ min: 1, max: 20_000 }), (from, amount, quantity) => {
      const { score, reasons, flagged } = screen(order(from, amount, quantity))
      expect(score).toBeGreaterThanOrEqual(0)
      expect(score).toBeLessThanOrEqual(100)
      expect(reasons.length > 0).toBe(score > 0)
      if (flagged) expect(reasons).not.toEqual([])
    }),
  )
})
