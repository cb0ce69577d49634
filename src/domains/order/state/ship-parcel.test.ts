import fc from 'fast-check'
import { OrderConfirmed, PaymentCaptured, ShipmentDelivered } from '#events'
import { Refusal } from '#http'
import { anOrderPlaced, refused } from '#testing'
import { toView } from '../reading/view.ts'
import { FULFILLMENT_WAYS, fulfillmentStatusOf } from './axes.ts'
import { cancelLines } from './cancel-lines.ts'
import { conclude, decide } from './decide.ts'
import { placedOrder } from './fold.ts'
import { evolve, type Order, type OrderFact } from './order.ts'
import { shipParcel, type ShipParcel } from './ship-parcel.ts'

const orderId = '0199a000-0000-7000-8000-000000000001'
const MUG = { sku: 'MUG-01', name: 'Enamel mug', quantity: 3, unitPrice: 1_000 }
const TEA = { sku: 'TEA-01', name: 'Tea', quantity: 1, unitPrice: 500 }
const total = { amount: 3_500, currency: 'GBP' }
const { data } = anOrderPlaced({ orderId, lines: [MUG, TEA], total, fulfillment: 'manual' })
const placed = placedOrder(data, new Date(0))
const confirmed = evolve(placed, OrderConfirmed({ ...data, fulfillment: 'manual' }))
const paid = evolve(confirmed, PaymentCaptured({ orderId, amount: total }))

const idOf = (nth: number) => orderId.replace(/...$/, String(100 + nth))
const parcel = (nth: number, ...lines: NonNullable<ShipParcel['lines']>): ShipParcel => ({
  type: 'ship-parcel',
  id: idOf(nth),
  carrier: 'Post',
  trackingNumber: `P${nth}`,
  ...(lines.length > 0 && { lines }),
})
const after = (order: Order, facts: readonly OrderFact[]) => facts.reduce<Order>(evolve, order)
const cancelling = (nth: number, sku: string) =>
  ({ type: 'cancel-lines', id: idOf(nth), lines: [{ sku }], reason: 'x' }) as const
const arrival = (nth: number) => ShipmentDelivered({ orderId, shipmentId: idOf(nth) })
const typesOf = (facts: readonly OrderFact[]) => facts.map(({ type }) => type)

test('an order leaves in parcels; with the last piece it is shipped, and with the last arrival delivered', () => {
  const one = shipParcel(paid, parcel(1, { sku: 'MUG-01', quantity: 2 }))
  expect(one).toMatchObject([
    { type: 'order.parcel-shipped', data: { lines: [{ sku: 'MUG-01', name: 'Enamel mug', quantity: 2 }] } },
  ])
  const partly = after(paid, one)
  expect(toView({ ...placed, ...partly }, { test: false })).toMatchObject({
    status: 'confirmed',
    fulfillmentStatus: 'partially_shipped',
    lines: [{ shipped: 2 }, { shipped: 0 }],
    shipments: [{ trackingNumber: 'P1', status: 'booked', lines: [{ sku: 'MUG-01', quantity: 2 }] }],
  })
  const rest = shipParcel(partly, parcel(2))
  expect(rest).toMatchObject([
    { data: { lines: [{ quantity: 1 }, { sku: 'TEA-01', quantity: 1 }] } },
    { type: 'order.shipped', data: { trackingNumber: 'P2', parcels: 2 } },
  ])
  const shipped = after(partly, rest)
  const first = evolve(shipped, arrival(2))
  expect([conclude(first), fulfillmentStatusOf(first)]).toEqual([[], 'partially_delivered'])
  expect(typesOf(conclude(evolve(first, arrival(1))))).toEqual(['order.delivered'])
})

test('the same parcel again changes nothing, and no piece leaves twice', () => {
  const partly = after(paid, shipParcel(paid, parcel(1, { sku: 'MUG-01', quantity: 2 })))
  expect(shipParcel(partly, parcel(1))).toEqual([])
  expect(shipParcel(partly, parcel(1, { sku: 'MUG-01' }))).toEqual([])
  const other = parcel(1, { sku: 'MUG-01', quantity: 1 })
  expect(refused(() => shipParcel(partly, other))).toBe('idempotency-key-reused')
  expect(refused(() => shipParcel(partly, parcel(2, { sku: 'MUG-01', quantity: 2 })))).toBe('quantity-too-large')
  const twice = parcel(2, { sku: 'MUG-01', quantity: 1 }, { sku: 'MUG-01', quantity: 1 })
  expect(refused(() => shipParcel(partly, twice))).toBe('quantity-too-large')
  expect(refused(() => shipParcel(partly, parcel(2, { sku: 'NONE' })))).toBe('unknown-sku')
})

test('an order is shipped by its client when it is paid, and only where it said so', () => {
  expect(refused(() => shipParcel(placed, parcel(1)))).toBe('order-not-shippable-yet')
  expect(refused(() => shipParcel(confirmed, parcel(1)))).toBe('order-not-shippable-yet')
  expect(refused(() => shipParcel({ ...paid, fulfillment: 'automatic' }, parcel(1)))).toBe('order-ships-automatically')
  const cancelled = evolve(paid, decide(paid, { type: 'cancel', reason: 'x' }))
  expect(refused(() => shipParcel(cancelled, parcel(1)))).toBe('order-not-shippable')
})

test('after a parcel only what is left can be cancelled, and then the order is shipped', () => {
  const partly = after(paid, shipParcel(paid, parcel(1, { sku: 'MUG-01' })))
  expect(refused(() => decide(partly, { type: 'cancel', reason: 'x' }))).toBe('order-partly-shipped')
  expect(refused(() => cancelLines(partly, cancelling(2, 'MUG-01')))).toBe('quantity-too-large')
  expect(typesOf(cancelLines(partly, cancelling(2, 'TEA-01')))).toEqual(['order.reduced', 'order.shipped'])
  const arrived = evolve(partly, arrival(1))
  const facts = cancelLines(arrived, cancelling(2, 'TEA-01'))
  expect(typesOf(facts)).toEqual(['order.reduced', 'order.shipped', 'order.delivered'])
})

test('the goods go no other way than the drawing has it', () => {
  const ways = FULFILLMENT_WAYS.map(([from, event, to]) => `${from} ${event} ${to}`)
  const choice = fc.constantFrom('mug', 'tea', 'rest', 'cancel', 'arrive')
  fc.assert(
    fc.property(fc.array(fc.tuple(choice, fc.nat()), { maxLength: 12 }), (choices) => {
      let order: Order = paid
      for (const [nth, [what, pick]] of choices.entries()) {
        const { parcels } = order.parts
        const told =
          what === 'arrive'
            ? parcels.slice(pick % 3, (pick % 3) + 1).map(({ id }) => arrival(Number(id.slice(-3)) - 100))
            : []
        const facts =
          told.length > 0 ? [...told, ...conclude(told.reduce<Order>(evolve, order))] : attempt(order, what, nth)
        for (const fact of facts) {
          const from = fulfillmentStatusOf(order)
          order = evolve(order, fact)
          const to = fulfillmentStatusOf(order)
          if (from !== to) expect(ways).toContain(`${from} ${fact.type} ${to}`)
        }
      }
    }),
  )
})

function attempt(order: Order, what: string, nth: number) {
  try {
    if (what === 'cancel') return cancelLines(order, cancelling(nth, 'TEA-01'))
    if (what === 'arrive') return []
    const lines = { mug: [{ sku: 'MUG-01', quantity: 1 }], tea: [{ sku: 'TEA-01' }] }[what] ?? []
    return shipParcel(order, parcel(nth, ...lines))
  } catch (error) {
    if (error instanceof Refusal) return []
    throw error
  }
}
