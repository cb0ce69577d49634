import fc from 'fast-check'
import { OrderShipped } from '#events'
import { anOrderPlaced, refused } from '#testing'
import { toView } from '../reading/view.ts'
import { cancelLines, type CancelLines } from './cancel-lines.ts'
import { placedOrder } from './fold.ts'
import { evolve, type Order } from './order.ts'
import { goneAmount } from './parts.ts'

const orderId = '0199a000-0000-7000-8000-000000000001'
const MUG = { sku: 'MUG-01', name: 'Enamel mug', quantity: 3, unitPrice: 1_000 }
const TEA = { sku: 'TEA-01', name: 'Tea', quantity: 1, unitPrice: 500 }
const part = { discount: 0, tax: 0 }
const costs = {
  items: 3_500,
  discount: 100,
  shipping: 400,
  tax: 0,
  taxIncluded: true,
  discounts: [],
  taxes: [],
  shippingMethod: { method: 'post', name: 'Post', price: 400, ...part, total: 400 },
  lines: [
    { ...part, total: 2_900 },
    { ...part, total: 500 },
  ],
}
const total = { amount: 3_800, currency: 'GBP' }
const placed = placedOrder({ ...anOrderPlaced({ orderId }).data, lines: [MUG, TEA], total, costs }, new Date(0))

let nth = 0
const cancelling = (...lines: CancelLines['lines']): CancelLines => ({
  type: 'cancel-lines',
  id: orderId.replace(/...$/, String(100 + (nth++ % 900))),
  lines,
  reason: 'no need',
})
const after = (order: Order, command: CancelLines) => cancelLines(order, command).reduce<Order>(evolve, order)

test('pieces cost what was paid for them, and the total stays as it was placed', () => {
  const order = after(placed, cancelling({ sku: 'MUG-01', quantity: 1 }))
  const view = toView({ ...placed, ...order }, { test: false })
  expect(view).toMatchObject({ status: 'placed', total, currentTotal: { amount: 2_834, currency: 'GBP' } })
  expect(view.lines.map(({ quantity, cancelled }) => [quantity, cancelled])).toEqual([
    [3, 1],
    [1, 0],
  ])
})

test('the same cancellation again changes nothing', () => {
  const command = cancelling({ sku: 'TEA-01' })
  expect(cancelLines(after(placed, command), command)).toEqual([])
  const other = { ...command, lines: [{ sku: 'MUG-01', quantity: 1 }] } // under a key of more than 30 days ago
  expect(refused(() => cancelLines(after(placed, command), other))).toBe('idempotency-key-reused')
})

test('an order of which nothing is left is cancelled', () => {
  const first = after(placed, cancelling({ sku: 'MUG-01', quantity: 2 }))
  const facts = cancelLines(first, cancelling({ sku: 'TEA-01' }, { sku: 'MUG-01' }))
  expect(facts.map(({ type }) => type)).toEqual(['order.reduced', 'order.cancelled'])
  expect(goneAmount(facts.reduce<Order>(evolve, first).parts)).toBe(3_400)
})

test('what is not there cannot be cancelled, nor what is on its way', () => {
  expect(refused(() => cancelLines(placed, cancelling({ sku: 'NONE' })))).toBe('unknown-sku')
  const twice = cancelling({ sku: 'MUG-01', quantity: 2 }, { sku: 'MUG-01', quantity: 2 })
  expect(refused(() => cancelLines(placed, twice))).toBe('quantity-too-large')
  const none = after(placed, cancelling({ sku: 'TEA-01' }))
  expect(refused(() => cancelLines(none, cancelling({ sku: 'TEA-01' })))).toBe('quantity-too-large')
  const parcel = { carrier: 'Post', trackingNumber: 'P1' }
  const shipped = evolve(
    { ...placed, status: 'confirmed' },
    OrderShipped({ orderId, customer: placed.customer, ...parcel }),
  )
  expect(refused(() => cancelLines(shipped, cancelling({ sku: 'TEA-01' })))).toBe('order-not-cancellable')
})

test('however an order is cancelled piece by piece, its lines add up to what they cost', () => {
  const pieces = fc.shuffledSubarray(['MUG-01', 'MUG-01', 'MUG-01', 'TEA-01'], { minLength: 4 })
  fc.assert(
    fc.property(pieces, (skus) => {
      const end = skus.reduce<Order>((order, sku) => after(order, cancelling({ sku, quantity: 1 })), placed)
      expect([end.status, goneAmount(end.parts)]).toEqual(['cancelled', 3_400])
    }),
  )
})
