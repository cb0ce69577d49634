import { z } from 'zod'
import { CostsView, MoneyView, wanted } from '#domains/pricing'
import { pageLimit, text } from '#http'
import { FULFILLMENT_STATUSES, PAYMENT_STATUSES } from './state/axes.ts'
import { ORDER_STATUSES } from './state/order-states.ts'
import type { Moment } from './stream/past.ts'

const CustomerInput = z
  .strictObject({
    name: text(1, 200, 'Ada Lovelace'),
    email: z
      .email()
      .max(254)
      .meta({ examples: ['ada@example.com'] }),
    phone: z
      .string()
      .regex(/^\+?[0-9][0-9 ().-]{4,24}$/, 'must be a phone number such as +44 20 7946 0000')
      .meta({ examples: ['+44 20 7946 0000'] })
      .optional(),
  })
  .meta({ id: 'Customer' })

const AddressInput = z
  .strictObject({
    name: text(1, 200, 'Ada Lovelace').optional(),
    line1: text(1, 200, '12 St James Square'),
    line2: text(1, 200, 'Flat 2').optional(),
    city: text(1, 100, 'London'),
    region: text(1, 100, 'CA').optional().describe('State or province; taxes may depend on it'),
    postalCode: text(1, 20, 'SW1Y 4JH'),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/, 'must be a two-letter country code in capitals (ISO 3166), such as GB')
      .meta({ examples: ['GB'] }),
  })
  .meta({ id: 'Address' })

export const NewOrder = z
  .strictObject({
    customer: CustomerInput,
    shippingAddress: AddressInput,
    ...wanted,
    payment: z.strictObject({
      token: text(1, 200, 'pm_card_visa').describe('Token of the payment method; pm_card_visa approves in the sandbox'),
    }),
  })
  .meta({ id: 'NewOrder' })
export type NewOrder = z.infer<typeof NewOrder>

const Answered = z.enum(['pending', 'yes', 'no'])

const head = {
  id: z.uuid(),
  status: z.enum(ORDER_STATUSES),
  total: MoneyView,
  placedAt: z.iso.datetime(),
  updatedAt: z.iso.datetime().describe('When the latest of its events happened'),
}

export const OrderSummary = z
  .strictObject({ ...head, customer: z.strictObject({ name: z.string(), email: z.string() }) })
  .meta({ id: 'OrderSummary' })
export type OrderSummary = z.infer<typeof OrderSummary>

export const OrderView = z
  .strictObject({
    ...head,
    paymentStatus: z.enum(PAYMENT_STATUSES).describe('How its money stands'),
    fulfillmentStatus: z.enum(FULFILLMENT_STATUSES).describe('Where its goods are'),
    version: z
      .int()
      .min(1)
      .describe('How many events of its stream this tells; the latest one happened at `updatedAt`'),
    customer: CustomerInput,
    shippingAddress: AddressInput,
    lines: z.array(
      z
        .strictObject({
          sku: z.string(),
          name: z.string(),
          quantity: z.int(),
          unitPrice: z.int().describe('Minor units, at the moment of placing'),
        })
        .meta({ id: 'OrderLine' }),
    ),
    costs: CostsView.describe('What the total is made of, computed when it was placed'),
    answers: z
      .strictObject({ stock: Answered, payment: Answered, fraud: Answered, capture: Answered })
      .describe('Who has answered what so far; capture follows the confirmation'),
    ended: z
      .strictObject({ reason: z.string().describe('Stable code'), detail: z.string() })
      .optional()
      .describe('Why the order was rejected, cancelled or has expired'),
    shipment: z.strictObject({ carrier: z.string(), trackingNumber: z.string() }).optional(),
    test: z.literal(true).optional().describe('Placed with a test key: no money moves'),
  })
  .meta({ id: 'Order' })
export type OrderView = z.infer<typeof OrderView>

export const OrderPage = z
  .strictObject({
    orders: z.array(OrderSummary),
    next: z.string().nullable().describe('Cursor of the next page; null at the end'),
  })
  .meta({ id: 'OrderPage' })

export const OrderId = z.strictObject({ id: z.uuid('must be the id of an order, a UUID').toLowerCase() })

const VERSION = /^[1-9]\d{0,8}$/
const Time = z.iso.datetime({ offset: true })

/** A version, or a time whose `+` may have become a space on its way through the URL. */
export const OrderAt = z.strictObject({
  at: z
    .string()
    .transform((text, context): Moment => {
      if (VERSION.test(text)) return Number(text)
      const time = Time.safeParse(text.replace(/ (\d\d:\d\d)$/, '+$1'))
      if (time.success) return new Date(time.data)
      const message = 'must be a time such as 2026-11-21T14:02:00Z (RFC 3339), or a version of the order: 1, 2, …'
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    })
    .optional()
    .describe(
      'The order as it was then: a time (RFC 3339), or a version of its stream. A moment that is still to come shows the present.',
    ),
})

export const OrderQuery = z.strictObject({
  status: z.enum(ORDER_STATUSES).optional(),
  cursor: z.string().max(200).optional().describe('`next` of the page before'),
  limit: pageLimit,
})

export const Cancellation = z
  .strictObject({
    reason: text(1, 500, 'Ordered by mistake').describe(
      'Goes into the order.cancelled event and the mail to the customer',
    ),
  })
  .meta({ id: 'Cancellation' })
