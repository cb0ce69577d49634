import fc from 'fast-check'
import { OrderPlaced } from '#events'
import { refused } from '#testing'
import { toView } from '../reading/view.ts'
import { cancelLines } from './cancel-lines.ts'
import { placedOrder } from './fold.ts'
import { evolve, type Order } from './order.ts'
import { goneAmount } from './parts.ts'
import { returnLines, type ReturnLines } from './return-lines.ts'

const MUG = { sku: 'MUG-01', name: 'Enamel mug', quantity: 3, unitPrice: 1_000 }
const TEA = { sku: 'TEA-01', name: 'Tea', quantity: 1, unitPrice: 500 }
const part = { discount: 0, tax: 0 }
const { costs } = OrderPlaced.example!
const lines = [
  { ...part, total: 2_900 },
  { ...part, total: 500 },
]
const placed = placedOrder(
  {
    ...OrderPlaced.example!,
    lines: [MUG, TEA],
    total: { amount: 3_800, currency: 'GBP' },
    costs: { ...costs!, lines },
  },
  new Date(0),
)
const delivered = { ...placed, status: 'delivered' as const }

let nth = 0
const returning = (lines?: ReturnLines['lines']): ReturnLines => ({
  type: 'return-lines',
  id: placed.id.replace(/...$/, String(100 + (nth++ % 900))),
  lines,
  reason: 'too small',
})
const after = (order: Order, command: ReturnLines) => returnLines(order, command).reduce<Order>(evolve, order)

test('pieces come back at what was paid for them, and the order stays delivered', () => {
  const order = after(delivered, returning([{ sku: 'MUG-01', quantity: 1, restock: false }]))
  expect(toView({ ...delivered, ...order }, { test: false })).toMatchObject({
    status: 'delivered',
    fulfillmentStatus: 'partially_returned',
    total: { amount: 3_800 },
    currentTotal: { amount: 2_834 },
    lines: [
      { quantity: 3, returned: 1 },
      { quantity: 1, returned: 0 },
    ],
    returns: [{ amount: { amount: 966 }, lines: [{ sku: 'MUG-01', quantity: 1, restocked: false }] }],
  })
})

test('the same return again changes nothing, nor does a return of all of what is returned', () => {
  const command = returning([{ sku: 'TEA-01' }])
  const once = after(delivered, command)
  expect(returnLines(once, command)).toEqual([])
  const other = { ...command, lines: [{ sku: 'TEA-01' }, { sku: 'MUG-01', quantity: 1 }] }
  expect(refused(() => returnLines(once, other))).toBe('idempotency-key-reused')
  const all = after(once, returning())
  expect(all.status).toBe('returned')
  expect(returnLines(all, returning())).toEqual([])
})

test('with the last pieces the order is returned, under the same return', () => {
  const first = after(delivered, returning([{ sku: 'MUG-01', quantity: 2 }]))
  const command = returning([{ sku: 'TEA-01' }, { sku: 'MUG-01' }])
  const facts = returnLines(first, command)
  expect(facts.map(({ type }) => type)).toEqual(['return.received', 'return.accepted'])
  expect(facts[1]!.data).toMatchObject({ returnId: command.id, number: 'FF-1042' })
})

test('what is not there, was cancelled or came back before does not come back', () => {
  const cancel = { type: 'cancel-lines', id: placed.id, lines: [{ sku: 'MUG-01', quantity: 2 }], reason: '' } as const
  const cancelled = cancelLines(placed, cancel).reduce<Order>(evolve, placed)
  const order = { ...cancelled, status: 'delivered' as const }
  expect(refused(() => returnLines(order, returning([{ sku: 'NONE' }])))).toBe('unknown-sku')
  expect(refused(() => returnLines(order, returning([{ sku: 'MUG-01', quantity: 2 }])))).toBe('quantity-too-large')
  const none = after(order, returning([{ sku: 'MUG-01' }]))
  expect(refused(() => returnLines(none, returning([{ sku: 'MUG-01' }])))).toBe('quantity-too-large')
  expect(after(none, returning()).status).toBe('returned')
  for (const status of ['placed', 'confirmed', 'shipped', 'cancelled'] as const)
    expect(refused(() => returnLines({ ...placed, status }, returning()))).toBe('order-not-returnable')
})

test('however an order is cancelled and comes back piece by piece, its lines add up to what they cost', () => {
  const pieces = fc.shuffledSubarray(['MUG-01', 'MUG-01', 'MUG-01', 'TEA-01'], { minLength: 4 })
  fc.assert(
    fc.property(pieces, fc.nat(3), (skus, before) => {
      const cancelled = skus.slice(0, before).reduce<Order>((order, sku) => {
        const { id, lines } = returning([{ sku, quantity: 1 }])
        return cancelLines(order, { type: 'cancel-lines', id, lines: lines!, reason: '' }).reduce<Order>(evolve, order)
      }, placed)
      const end = skus.slice(before).reduce<Order>((order, sku) => after(order, returning([{ sku, quantity: 1 }])), {
        ...cancelled,
        status: 'delivered',
      })
      expect([end.status, goneAmount(end.parts)]).toEqual(['returned', 3_400])
    }),
  )
})
