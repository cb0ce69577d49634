import fc from 'fast-check'
import {
  FraudCleared,
  FraudFlagged,
  OrderCancelled,
  OrderConfirmed,
  OrderDelivered,
  OrderExpired,
  OrderRejected,
  OrderShipped,
  PaymentAuthorized,
  PaymentCaptured,
  PaymentDeclined,
  PaymentFailed,
  ReturnAccepted,
  ShipmentCreated,
  ShipmentDelivered,
  StockRejected,
  StockReserved,
} from '#events'
import { anOrderPlaced } from '#testing'
import { ORDER_STATUSES, TRANSITIONS, type OrderFactType, type OrderStatus } from './order-states.ts'
import { conclude, decide } from './decide.ts'
import { evolve, newOrder, type Answer, type Order, type OrderFact } from './order.ts'

const orderId = '0199a000-0000-7000-8000-000000000001'
const placed = newOrder(anOrderPlaced({ orderId }).data)
const { customer, shippingAddress, lines, total } = placed
const whole = { orderId, customer, shippingAddress, lines: [...lines], total }
const refusal = { orderId, code: 'card_declined', detail: 'insufficient funds' }

const reserved = StockReserved({ orderId, lines: [] })
const outOfStock = StockRejected({ orderId, missing: [{ sku: 'MUG-01', requested: 2, available: 1 }] })
const authorized = PaymentAuthorized({ orderId, authorizationId: 'a', amount: total })
const declined = PaymentDeclined(refusal)
const cleared = FraudCleared({ orderId, score: 3 })
const flagged = FraudFlagged({ orderId, score: 90, reasons: ['velocity', 'new card'] })
const captured = PaymentCaptured({ orderId, amount: total })
const failed = PaymentFailed(refusal)
const shipmentId = '0199a000-0000-7000-8000-000000000002'
const booked = ShipmentCreated({ orderId, shipmentId, carrier: 'Post', trackingNumber: 'P1' })
const arrived = ShipmentDelivered({ orderId, shipmentId })

const FACTS: Record<OrderFactType, OrderFact> = {
  'order.confirmed': OrderConfirmed(whole),
  'order.rejected': OrderRejected({ orderId, customer, reason: 'out-of-stock', detail: 'none left' }),
  'order.cancelled': OrderCancelled({ orderId, customer, reason: 'no need' }),
  'order.expired': OrderExpired({ orderId, customer }),
  'order.shipped': OrderShipped({ orderId, customer, carrier: 'Post', trackingNumber: 'P1' }),
  'order.delivered': OrderDelivered({ orderId, customer }),
  'return.accepted': ReturnAccepted({ orderId, customer, lines: [...lines], total }),
}

/** The order after an answer and all that follows from it. */
function advance(order: Order, answer: Answer) {
  const told = evolve(order, answer)
  const facts = conclude(told)
  return { order: facts.reduce<Order>(evolve, told), facts }
}

/** The order after these answers, and the types of what it published on the way. */
function after(...answers: Answer[]) {
  const published: OrderFact[] = []
  const order = answers.reduce((current, answer) => {
    const { order: next, facts } = advance(current, answer)
    published.push(...facts)
    return next
  }, placed)
  return { order, published, types: published.map(({ type }) => type) }
}

const inStatus = (status: OrderStatus): Order => ({ ...placed, status })

describe('evolve', () => {
  const all = ORDER_STATUSES.flatMap((from) =>
    Object.keys(FACTS).map((type) => ({
      from,
      type: type as OrderFactType,
      to: TRANSITIONS[from][type as OrderFactType],
    })),
  )

  it.each(all.filter(({ to }) => to))('takes an order that is $from by $type to $to', ({ from, type, to }) => {
    expect(evolve(inStatus(from), FACTS[type]).status).toBe(to)
  })

  it.each(all.filter(({ to }) => !to))('knows no way from $from by $type', ({ from, type }) => {
    expect(() => evolve(inStatus(from), FACTS[type])).toThrow(`is ${from}: ${type} cannot happen`)
  })

  it('changes nothing when an answer comes twice', () => {
    for (const answer of [
      reserved,
      outOfStock,
      authorized,
      declined,
      cleared,
      flagged,
      captured,
      failed,
      booked,
      arrived,
    ]) {
      const once = evolve(placed, answer)
      expect(evolve(once, answer)).toEqual(once)
    }
  })

  it('lets the first of two contradicting answers stand', () => {
    expect(evolve(evolve(placed, reserved), outOfStock).stock).toBe('yes')
    expect(evolve(evolve(placed, declined), authorized).payment).toBe('no')
  })
})

describe('advance', () => {
  it('confirms when stock, payment and screening have said yes', () => {
    const { order, published } = after(reserved, cleared, authorized)
    expect(order.status).toBe('confirmed')
    expect(published).toEqual([FACTS['order.confirmed']])
  })

  it.each([
    { answer: outOfStock, reason: 'out-of-stock', detail: 'Out of stock: MUG-01 (2 wanted, 1 available).' },
    { answer: declined, reason: 'payment-declined', detail: 'The payment was declined.' },
    { answer: flagged, reason: 'fraud-suspected', detail: 'The order could not be accepted.' },
  ])('rejects at the first no: $reason', ({ answer, reason, detail }) => {
    const { order, published } = after(answer)
    expect(order).toMatchObject({ status: 'rejected', reason, detail })
    expect(published).toEqual([OrderRejected({ orderId, customer, reason: reason as 'out-of-stock', detail })])
  })

  it('names three missing lines and counts the rest', () => {
    const missing = Array.from({ length: 5 }, (_, index) => ({ sku: `S${index}`, requested: 2, available: 0 }))
    expect(after(StockRejected({ orderId, missing })).order.detail).toMatch(
      /^Out of stock: S0 .* S2 \(2 wanted, 0 available\) and 2 more\.$/,
    )
  })

  it('keeps the reason of the no that decided', () => {
    expect(after(declined, outOfStock).order.reason).toBe('payment-declined')
  })

  it('cancels a confirmed order whose money could not be taken, even when its parcel is booked', () => {
    const { order, types } = after(reserved, cleared, authorized, booked, failed)
    expect(types).toEqual(['order.confirmed', 'order.cancelled'])
    expect(order).toMatchObject({ status: 'cancelled', reason: 'payment-failed' })
  })

  it('ships when the parcel is booked and the money taken, and delivers at once when it had arrived before', () => {
    const { order, types } = after(reserved, cleared, authorized, arrived, captured, booked)
    expect(types).toEqual(['order.confirmed', 'order.shipped', 'order.delivered'])
    expect(order).toMatchObject({ status: 'delivered', carrier: 'Post', trackingNumber: 'P1' })
  })

  it('takes late answers without a word', () => {
    const cancelled = evolve(placed, FACTS['order.cancelled'])
    const { order, facts } = advance(cancelled, reserved)
    expect(facts).toEqual([])
    expect(order).toEqual({ ...cancelled, stock: 'yes' })
  })

  it('ends in the same state whatever the order of the answers and however often they come', () => {
    const one = (...choices: Answer[]) => fc.constantFrom(...choices)
    const answers = fc.tuple(
      one(reserved, outOfStock),
      one(authorized, declined),
      one(cleared, flagged),
      one(captured, failed),
      one(booked),
      one(arrived),
    )
    const property = fc.property(
      answers.chain((given) =>
        fc.tuple(
          fc.shuffledSubarray(given, { minLength: given.length }),
          fc.shuffledSubarray([...given, ...given], { minLength: 2 * given.length }),
          fc.constant(given),
        ),
      ),
      ([once, twice, given]) => {
        const expected = after(...given)
        for (const run of [after(...once), after(...twice)]) {
          expect(run.order.status).toBe(expected.order.status)
          expect(run.types).toEqual(expected.types)
        }
      },
    )
    fc.assert(property, { numRuns: 500 })
  })
})

describe('decide', () => {
  const commands = [
    {
      command: { type: 'cancel', reason: 'no need' },
      fact: 'order.cancelled',
      from: ['placed', 'confirmed'],
      code: 'order-not-cancellable',
    },
    { command: { type: 'expire' }, fact: 'order.expired', from: ['placed'], code: 'order-not-expirable' },
  ] as const

  for (const { command, fact, from, code } of commands) {
    it.each(ORDER_STATUSES.filter((status) => (from as readonly string[]).includes(status)))(
      `allows to ${command.type} an order that is %s`,
      (status) => expect(decide(inStatus(status), command)).toEqual(FACTS[fact]),
    )
    it.each(ORDER_STATUSES.filter((status) => !(from as readonly string[]).includes(status)))(
      `refuses to ${command.type} an order that is %s`,
      (status) =>
        expect(() => decide(inStatus(status), command)).toThrow(expect.objectContaining({ kind: 'conflict', code })),
    )
  }
})
