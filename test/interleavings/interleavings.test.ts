// One order, whose stock, money, screening and parcels answer in any order, while it and pieces of it are shipped, cancelled, refunded by
// amount and by pieces, returned and expire, and reactions die between the bank's answer and their own transaction. The bank refuses refunds for
// a while. However it went: one legal state, every piece where it says, and the money to the minor unit; what is owed is a dead letter.
// More of them: INTERLEAVINGS=20000 npm test -- test/interleavings
import fc from 'fast-check'
import { anOrderPlaced } from '#testing'
import { fulfillmentStatusOf, paymentStatusOf } from '../../src/domains/order/state/axes.ts'
import { leftToShip } from '../../src/domains/order/state/choose-pieces.ts'
import {
  cancelledOf,
  goneAmount,
  goneOf,
  inParcelsOf,
  piecesOf,
  refundedOf,
  amountOf,
} from '../../src/domains/order/state/parts.ts'
import { TRANSITIONS } from '../../src/domains/order/state/order-states.ts'
import { openShop, type Shop } from './model.ts'

const RUNS = Number(process.env['INTERLEAVINGS'] || 400)

const orderId = '0199a000-0000-7000-8000-000000000001'
const MUG = { sku: 'A', name: 'Mug', quantity: 3, unitPrice: 700 }
const TEA = { sku: 'B', name: 'Tea', quantity: 1, unitPrice: 500 }
const total = { amount: 2_600, currency: 'GBP' }
const { data: placed } = anOrderPlaced({ orderId, lines: [MUG, TEA], total })

const shop: fc.Arbitrary<Shop> = fc.record({
  placed: fc.constantFrom(placed, { ...placed, fulfillment: 'manual' as const }),
  onHand: fc.constantFrom(3, 3, 5, 2),
  card: fc.constantFrom('accepted', 'accepted', 'accepted', 'accepted', 'declined', 'captureFail'),
  fraud: fc.constantFrom(false, false, false, true),
})

/** Most orders go wrong before they are delivered; half of them begin there. Of these, the bank refuses to refund a third at first. */
const start = fc.constantFrom('placed', 'placed', 'placed', 'delivered', 'delivered', 'refused')

const deliver = fc.record({ what: fc.constant('deliver' as const), nth: fc.nat(), crashes: fc.boolean() })
const want = fc.oneof(
  { weight: 1, arbitrary: fc.record({ what: fc.constantFrom('cancel', 'expire') }) },
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant('cancel-lines' as const),
      sku: fc.constantFrom('A', 'B'),
      quantity: fc.constantFrom(1, 1, 2, undefined),
      again: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('return' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant('return-lines' as const),
      sku: fc.constantFrom('A', 'A', 'B'),
      quantity: fc.constantFrom(1, 1, 2, undefined),
      restock: fc.constantFrom(true, true, false),
      again: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('refund-lines' as const),
      sku: fc.constantFrom('A', 'B'),
      quantity: fc.constantFrom(1, 2),
    }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('refund' as const), amount: fc.constantFrom(1, 500, 2_600) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('arrive' as const), nth: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('bank' as const), refuses: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('redrive' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant('ship' as const),
      lines: fc.constantFrom([{ sku: 'A', quantity: 1 }], [{ sku: 'A', quantity: 2 }], [{ sku: 'B' }], undefined),
      again: fc.boolean(),
    }),
  },
)
const life = fc.array(fc.oneof({ weight: 6, arbitrary: deliver }, { weight: 1, arbitrary: want }), { maxLength: 80 })

type Step = typeof life extends fc.Arbitrary<(infer One)[]> ? One : never

const idOf = (nth: number) => orderId.replace(/....$/, String(1_000 + nth))

async function live(given: Shop, begin: string, steps: readonly Step[], isRepaired: boolean) {
  const one = openShop(given)
  let id = 0
  let byLines = 0
  one.refuseRefunds(begin === 'refused')
  if (begin !== 'placed') {
    await rest(one)
    const parcel = { type: 'ship-parcel', carrier: 'Post', trackingNumber: 'P' } as const
    one.order({ ...parcel, id: idOf(900), lines: [{ sku: 'A', quantity: 2 }] })
    one.order({ ...parcel, id: idOf(901) })
    one.arrive(0)
    one.arrive(0)
    await rest(one)
  }
  for (const step of steps) {
    if (step.what === 'deliver') {
      if (one.pending() > 0) await one.step(step.nth, step.crashes)
    } else if (step.what === 'cancel-lines') {
      if (!step.again) id++
      const lines = [{ sku: step.sku, quantity: step.quantity }]
      one.order({ type: 'cancel-lines', id: idOf(id), lines, reason: 'no need' })
    } else if (step.what === 'ship') {
      if (!step.again) id++
      one.order({ type: 'ship-parcel', id: idOf(id), carrier: 'Post', trackingNumber: `P${id}`, lines: step.lines })
    } else if (step.what === 'return-lines') {
      if (!step.again) id++
      const { sku, quantity, restock } = step
      one.order({ type: 'return-lines', id: idOf(id), lines: [{ sku, quantity, restock }] })
    } else if (step.what === 'return') one.order({ type: 'return-lines', id: idOf(++id) })
    else if (step.what === 'refund-lines') {
      one.refundLines(idOf(500 + id++), [{ sku: step.sku, quantity: step.quantity }])
      byLines += step.quantity
    } else if (step.what === 'refund') one.refund(idOf(500 + id++), step.amount)
    else if (step.what === 'arrive') one.arrive(step.nth)
    else if (step.what === 'bank') one.refuseRefunds(step.refuses)
    else if (step.what === 'redrive') one.redrive()
    else if (step.what === 'cancel') one.order({ type: 'cancel', reason: 'no need' })
    else one.order({ type: step.what })
  }
  await rest(one)
  if (isRepaired) {
    one.refuseRefunds(false)
    one.redrive()
    await rest(one)
  }
  return { ...one.end(), owed: one.owed(), dead: one.dead(), byLines }
}

async function rest(one: ReturnType<typeof openShop>) {
  for (let left = 2_000; one.pending() > 0; left--) {
    if (left === 0) throw new Error(`never at rest: ${JSON.stringify(one.end())}`)
    await one.step(0, false)
  }
}

/** A parcel of an order that its client ships may be the last thing that happens to it, or not happen at all. */
const FULFILLMENT: Readonly<Record<string, readonly string[]>> = {
  confirmed: ['unfulfilled', 'partially_shipped', 'partially_delivered'],
  shipped: ['shipped', 'partially_delivered'],
  delivered: ['delivered', 'partially_returned'],
  returned: ['returned'],
}

test('one legal state, with stock and money exact', () =>
  fc.assert(
    fc.asyncProperty(shop, start, life, fc.boolean(), async (given, begin, steps, isRepaired) => {
      const { order, shelf, payment, refunds, bank, types, owed, dead, byLines } = await live(
        given,
        begin,
        steps,
        isRepaired,
      )
      const isClients = order.fulfillment === 'manual' && order.capture === 'yes' && leftToShip(order).length > 0
      const isAtRest = order.status !== 'placed' && (order.status !== 'confirmed' || isClients)
      expect({ isAtRest, types }).toEqual({ isAtRest: true, types })
      expect(Object.keys(TRANSITIONS)).toContain(order.status)

      const isWithCustomer = ['shipped', 'delivered'].includes(order.status)
      for (const { sku, quantity } of placed.lines) {
        const { returned } = order.parts
        const back = (restocked: boolean) =>
          piecesOf(
            returned.map(({ lines }) => ({ lines: lines.filter((line) => line.restocked === restocked) })),
            sku,
          )
        const wanted = quantity - cancelledOf(order.parts, sku)
        const inParcels = inParcelsOf(order.parts, sku)
        expect(inParcels).toBeLessThanOrEqual(wanted)
        const reserved = order.status === 'confirmed' ? wanted - inParcels : 0
        const withCustomer = isWithCustomer ? wanted - back(true) : back(false)
        const shipped = order.status === 'confirmed' ? inParcels : withCustomer
        expect(shelf.get(sku)).toEqual({ onHand: given.onHand - shipped - reserved, reserved, shipped })
      }

      const isTaken = bank.state === 'captured' || bank.state === 'refunded'
      expect(payment.refunding).toBe(0)
      expect([refundedOf(order.parts), payment.refunded]).toEqual([bank.back, bank.back])
      expect(bank.back).toBeLessThanOrEqual(isTaken ? total.amount : 0)
      const isPaid = isWithCustomer || order.status === 'confirmed'
      if (!isPaid && isTaken && bank.back < total.amount)
        expect(dead.map(({ reaction }) => reaction)).toContain('give-back')
      const deadIds = dead.flatMap(({ event }) => (event.data as { refundId?: string }).refundId ?? [])
      expect(deadIds).toEqual(expect.arrayContaining(owed.map(({ id }) => id)))
      const amountOwed = owed.reduce((sum, { amount }) => sum + amount, 0)
      if (isPaid) expect(bank.back + amountOwed).toBeGreaterThanOrEqual(goneAmount(order.parts))
      if (isRepaired) expect({ dead, owed }).toEqual({ dead: [], owed: [] })
      const paidBack = [...refunds.values()].filter(({ status }) => status !== 'failed')
      for (const { status } of paidBack) expect(status).toBe('succeeded')
      for (const { sku, quantity, unitPrice } of placed.lines) {
        const paid = piecesOf(paidBack, sku)
        expect(paid).toBeLessThanOrEqual(Math.min(quantity, piecesOf(goneOf(order.parts), sku) + byLines))
        expect(amountOf(paidBack.flatMap(({ lines }) => lines.filter((one) => one.sku === sku)))).toBe(paid * unitPrice)
      }

      const money = paymentStatusOf(order)
      const expected = bank.back > 0 && bank.back < total.amount ? 'partially_refunded' : payment.status
      expect(money).toBe(expected)
      expect(FULFILLMENT[order.status] ?? ['unfulfilled']).toContain(fulfillmentStatusOf(order))
      if (order.status === 'delivered') expect(order.parts.parcels.every(({ delivered }) => delivered)).toBe(true)
    }),
    { numRuns: RUNS },
  ))
