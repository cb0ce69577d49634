import { readFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import {
  OrderConfirmed,
  OrderDelivered,
  OrderShipped,
  PaymentAuthorized,
  PaymentCaptured,
  PaymentDeclined,
  PaymentFailed,
  PaymentRefunded,
  PaymentVoided,
  ReturnAccepted,
} from '#events'
import { anOrderPlaced } from '#testing'
import {
  drawAxis,
  FULFILLMENT_STATUSES,
  FULFILLMENT_WAYS,
  fulfillmentStatusOf,
  PAYMENT_STATUSES,
  PAYMENT_WAYS,
  paymentStatusOf,
} from './axes.ts'
import { evolve, newOrder } from './order.ts'
import { refundedOf } from './parts.ts'

const orderId = '0199a000-0000-7000-8000-000000000001'
const placed = newOrder(anOrderPlaced({ orderId }).data)
const { customer, shippingAddress, total } = placed
const whole = { orderId, customer, shippingAddress, lines: [...placed.lines], total }
const refusal = { orderId, code: 'x', detail: 'x' }

const SAID = {
  'payment.authorized': () => PaymentAuthorized({ orderId, authorizationId: 'a', amount: total }),
  'payment.declined': () => PaymentDeclined(refusal),
  'payment.captured': () => PaymentCaptured({ orderId, amount: total }),
  'payment.failed': () => PaymentFailed(refusal),
  'payment.voided': () => PaymentVoided({ orderId, amount: total }),
  'payment.refunded': (amount: number, nth: number) =>
    PaymentRefunded({ orderId, amount: { ...total, amount }, refundId: orderId.replace(/..$/, String(10 + nth)) }),
}

describe('the axes of an order', () => {
  it('are drawn in docs/order-states.md as the tables have them', () => {
    const shown = readFileSync(path.resolve('docs/order-states.md'), 'utf8').matchAll(/```mermaid\n([\s\S]*?)\n```/g)
    expect([...shown].slice(1).map(([, drawing]) => drawing)).toEqual([
      drawAxis(PAYMENT_WAYS),
      drawAxis(FULFILLMENT_WAYS),
    ])
  })

  it('can be reached in every status', () => {
    expect(new Set(['pending', ...PAYMENT_WAYS.map(([, , to]) => to)])).toEqual(new Set(PAYMENT_STATUSES))
    expect(new Set(['unfulfilled', ...FULFILLMENT_WAYS.map(([, , to]) => to)])).toEqual(new Set(FULFILLMENT_STATUSES))
  })

  it('tell of the money what its table says, whichever way it goes, and the same when a fact is told twice', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 8 }), (choices) => {
        let [order, status]: [typeof placed, string] = [placed, 'pending']
        for (const [nth, choice] of choices.entries()) {
          const open = PAYMENT_WAYS.filter(([from]) => from === status)
          if (open.length === 0) break
          const [, event, to] = open[choice % open.length]!
          const left = total.amount - refundedOf(order.parts)
          const fact = SAID[event as keyof typeof SAID](to === 'refunded' ? left : 1, nth)
          order = evolve(order, fact)
          status = to
          expect([paymentStatusOf(order), paymentStatusOf(evolve(order, fact))]).toEqual([status, status])
        }
      }),
    )
  })

  it('tell of the goods what its table says', () => {
    const parcel = { carrier: 'Post', trackingNumber: 'P1' }
    const told = [
      OrderConfirmed(whole),
      OrderShipped({ orderId, customer, ...parcel }),
      OrderDelivered({ orderId, customer }),
      ReturnAccepted({ orderId, customer, lines: whole.lines, total }),
    ]
    const statuses = told.map((_, index) => fulfillmentStatusOf(told.slice(0, index + 1).reduce(evolve, placed)))
    expect(statuses).toEqual(['unfulfilled', 'shipped', 'delivered', 'returned'])
  })
})
