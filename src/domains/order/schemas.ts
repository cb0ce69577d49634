import { z } from 'zod'
import { Fulfillment } from '#events'
import { CostsView, LIMITS, MoneyView, wanted } from '#domains/pricing'
import { country, mailAddress, needsPostalCode, paragraphs, text } from '#http'
import { internationalNumber } from '#platform/phone-number'
import { namingTheCustomer } from './place/naming-the-customer.ts'
import { FULFILLMENT_STATUSES, PAYMENT_STATUSES } from './state/axes.ts'
import { ORDER_STATUSES } from './state/order-states.ts'
import type { Moment } from './stream/past.ts'

const CustomerInput = z
  .strictObject({
    name: text(1, 200, 'Ada Lovelace'),
    email: mailAddress.describe('In any script: the part before the @ in UTF-8, the domain as it is or as xn--'),
    phone: z
      .string()
      .regex(/^\+?[0-9][0-9 ().-]{4,24}$/, 'must be a phone number such as +44 20 7946 0000')
      .meta({ examples: ['+44 20 7946 0000'] })
      .optional(),
    locale: z
      .string()
      .max(35)
      .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/, 'must be a language tag of BCP 47 such as de-AT')
      .meta({ examples: ['en-GB'] })
      .optional()
      .describe('The language of their mails (BCP 47): en, de, fr; others are written to in English'),
    sms: z
      .boolean()
      .optional()
      .describe(
        'Whether they want to be texted when the order is shipped, delivered or cancelled; then `phone` must be an international number (E.164)',
      ),
  })
  .superRefine(({ phone, sms }, context) => {
    if (!sms || (phone !== undefined && internationalNumber(phone) !== undefined)) return
    context.addIssue({
      code: 'custom',
      path: ['phone'],
      ...(phone === undefined
        ? { params: { code: 'required' }, message: 'is required where `sms` is true' }
        : { message: 'must be an international number (E.164) such as +44 20 7946 0000 where `sms` is true' }),
    })
  })
  .meta({ id: 'Customer' })

const AddressInput = z
  .strictObject({
    name: text(1, 200, 'Ada Lovelace').optional(),
    line1: text(1, 200, '12 St James Square'),
    line2: text(1, 200, 'Flat 2').optional(),
    city: text(1, 100, 'London'),
    region: text(1, 100, 'CA').optional().describe('State or province; taxes may depend on it'),
    postalCode: text(1, 20, 'SW1Y 4JH').optional().describe('Required where every address of the country has one'),
    country: country.describe('ISO 3166-1 alpha-2; XK for Kosovo'),
  })
  .superRefine(({ country, postalCode }, context) => {
    if (postalCode !== undefined || !needsPostalCode(country)) return
    context.addIssue({
      code: 'custom',
      params: { code: 'required' },
      path: ['postalCode'],
      message: `is required in ${country}`,
    })
  })
  .meta({ id: 'Address' })

/** Stripe's limits, which many a client's own data are made for. */
const METADATA = { keys: 50, value: 500 }
const MetadataKey = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$/)
  .meta({ examples: ['campaign'] })
const KEY_RULE = 'its name must be A-Z, a-z, 0-9, _, . and -, at most 40 characters, a letter or digit first'

const reference = text(1, 100, 'web-2026-118')
const metadata = z
  .preprocess(
    refusePrototype,
    z
      .record(MetadataKey, text(1, METADATA.value, 'spring-sale'), {
        error: ({ code }) => (code === 'invalid_key' ? KEY_RULE : undefined),
      })
      .refine((given) => Object.keys(given).length <= METADATA.keys, `may have at most ${METADATA.keys} keys`),
  )
  .meta({ examples: [{ campaign: 'spring-sale' }] })

/** zod leaves this one key out of a record without a word, and the client would believe that it is kept. */
function refusePrototype(given: unknown, context: z.RefinementCtx): unknown {
  if (typeof given === 'object' && given !== null && Object.hasOwn(given, '__proto__'))
    context.addIssue({ code: 'custom', path: ['__proto__'], message: KEY_RULE })
  return given
}

const carried = {
  billingAddress: AddressInput.optional().describe('Left out where it is the address of shipping'),
  reference: reference
    .optional()
    .describe(
      'Your own name of the order, unique among the orders of your client (live and test apart). It is stored in the clear: it must say nothing of a person.',
    ),
  note: paragraphs(1, 2_000, 'Please leave it with the neighbour')
    .optional()
    .describe('What the customer asks for. It is kept sealed, as names and addresses are'),
  metadata: metadata
    .optional()
    .describe(
      `Yours, for programs: at most ${METADATA.keys} keys, values of ${METADATA.value} characters. It is stored in the clear and goes out with webhooks: it must say nothing of a person.`,
    ),
}

export const NewOrder = z
  .strictObject({
    customer: CustomerInput,
    shippingAddress: AddressInput,
    ...carried,
    ...wanted,
    fulfillment: Fulfillment.optional().describe(
      '`automatic` (the default): one parcel is booked as soon as the order is confirmed. `manual`: you ship it, in one parcel or several',
    ),
    payment: z.strictObject({
      token: text(1, 200, 'pm_card_visa').describe('Token of the payment method; pm_card_visa approves in the sandbox'),
    }),
  })
  .superRefine((order, context) => {
    for (const path of namingTheCustomer(order))
      context.addIssue({ code: 'custom', path, message: 'must say nothing of a person: it is stored in the clear' })
  })
  .meta({ id: 'NewOrder' })
export type NewOrder = z.infer<typeof NewOrder>

const Answered = z.enum(['pending', 'yes', 'no'])

const head = {
  id: z.uuid(),
  number: z
    .string()
    .optional()
    .describe(
      'For people, unique within your client; numbers may be left out. Orders from before there were numbers have none',
    )
    .meta({ examples: ['FF-1042'] }),
  reference: reference.optional().describe('Your own name of the order'),
  status: z.enum(ORDER_STATUSES),
  total: MoneyView,
  placedAt: z.iso.datetime(),
  updatedAt: z.iso.datetime().describe('When the latest of its events happened'),
}

const Lines = z.array(
  z
    .strictObject({
      sku: z.string(),
      name: z.string(),
      quantity: z.int(),
      unitPrice: z.int().describe('Minor units, at the moment of placing'),
    })
    .meta({ id: 'OrderLine' }),
)

export const OrderSummary = z
  .strictObject({
    ...head,
    customer: z.strictObject({ name: z.string(), email: z.string() }),
    lines: Lines.optional().describe('With `expand=lines`'),
  })
  .meta({ id: 'OrderSummary' })
export type OrderSummary = z.infer<typeof OrderSummary>

const ReturnView = z
  .strictObject({
    id: z
      .uuid()
      .describe('Also of the refund of these pieces; with the last pieces the rest of the money goes back without one'),
    amount: MoneyView.describe(
      'What was paid for these pieces. A refund that paid for some of them before is taken off',
    ),
    lines: z.array(
      z
        .strictObject({
          sku: z.string(),
          quantity: z.int(),
          restocked: z.boolean().describe('They can be sold again'),
          amount: MoneyView,
        })
        .meta({ id: 'ReturnedLine' }),
    ),
  })
  .meta({ id: 'Return' })

export const ReturnList = z
  .strictObject({ returns: z.array(ReturnView).describe('The first first') })
  .meta({ id: 'ReturnList' })

export const OrderView = z
  .strictObject({
    ...head,
    paymentStatus: z.enum(PAYMENT_STATUSES).describe('How its money stands'),
    fulfillmentStatus: z.enum(FULFILLMENT_STATUSES).describe('Where its goods are'),
    fulfillment: Fulfillment.describe('Who ships it: the system by itself, or you'),
    version: z
      .int()
      .min(1)
      .describe('How many events of its stream this tells; the latest one happened at `updatedAt`'),
    currentTotal: MoneyView.describe('The total without the pieces that were cancelled or came back'),
    customer: CustomerInput,
    shippingAddress: AddressInput,
    billingAddress: carried.billingAddress,
    note: carried.note,
    metadata: carried.metadata,
    lines: z.array(
      Lines.element
        .extend({
          cancelled: z.int().describe('How many of them are cancelled'),
          shipped: z.int().describe('How many of them have left in a parcel'),
          returned: z.int().describe('How many of them came back'),
        })
        .meta({ id: 'CurrentLine' }),
    ),
    returns: z.array(ReturnView).optional().describe('What came back, the first first'),
    costs: CostsView.describe('What the total is made of, computed when it was placed'),
    answers: z
      .strictObject({ stock: Answered, payment: Answered, fraud: Answered, capture: Answered })
      .describe('Who has answered what so far; capture follows the confirmation'),
    ended: z
      .strictObject({ reason: z.string().describe('Stable code'), detail: z.string() })
      .optional()
      .describe('Why the order was rejected, cancelled or has expired'),
    shipment: z
      .strictObject({ carrier: z.string(), trackingNumber: z.string() })
      .optional()
      .describe('The parcel that was booked automatically; `shipments` has all of them'),
    shipments: z
      .array(
        z
          .strictObject({
            carrier: z.string(),
            trackingNumber: z.string(),
            status: z.enum(['booked', 'delivered', 'called-off']),
            lines: z.array(z.strictObject({ sku: z.string(), quantity: z.int() })).describe('What is in it'),
          })
          .meta({ id: 'OrderShipment' }),
      )
      .describe('Every parcel of the order'),
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

/** Lines by SKU, of an order or of what is left of it. */
export const namedLines = (id: string) =>
  z
    .array(
      z
        .strictObject({
          sku: text(1, 64, 'MUG-01').describe('Of a line of the order'),
          quantity: z
            .int()
            .min(1)
            .max(LIMITS.quantity)
            .optional()
            .describe('Without it, all that are left of the line'),
        })
        .meta({ id }),
    )
    .min(1)
    .max(LIMITS.lines)

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

export const Cancellation = z
  .strictObject({
    reason: text(1, 500, 'Ordered by mistake').describe(
      'Goes into the order.cancelled event and the mail to the customer',
    ),
  })
  .meta({ id: 'Cancellation' })

export const LinesCancellation = z
  .strictObject({
    lines: namedLines('CancelledLine'),
    reason: text(1, 500, 'One is enough').describe(
      'Goes into the order.reduced event; where nothing is left of the order, into order.cancelled and the mail, too',
    ),
  })
  .meta({ id: 'LinesCancellation' })

export const NewReturn = z
  .strictObject({
    lines: z
      .array(
        z
          .strictObject({
            sku: text(1, 64, 'MUG-01').describe('Of a line of the order'),
            quantity: z
              .int()
              .min(1)
              .max(LIMITS.quantity)
              .optional()
              .describe('Without it, all that are left of the line'),
            restock: z
              .boolean()
              .default(true)
              .describe('False for goods that cannot be sold again: they stay off the shelf'),
          })
          .meta({ id: 'NewReturnLine' }),
      )
      .min(1)
      .max(LIMITS.lines)
      .optional()
      .describe('Without them, everything that is left'),
    reason: text(1, 500, 'Too small').optional().describe('Goes into the return.received event'),
  })
  .meta({ id: 'NewReturn' })
