import { z } from 'zod'
import { defineEvent } from '#messaging'
import { Costs } from './costs.ts'
import { Money } from './money.ts'
import { personal } from './personal.ts'
import * as example from './example-order.ts'

/** Every fact of one order's way belongs to one stream, so that its history is totally ordered. */
export const orderStream = ({ orderId }: { orderId: string }) => `order-${orderId}`

/** The address of customers who are not to be seen. No mail is ever sent there (RFC 2606). */
export const NO_ADDRESS = 'withheld@x.invalid'

export const Customer = z.object({
  name: personal(z.string()),
  email: personal(z.string(), NO_ADDRESS),
  phone: personal(z.string()).optional(),
  /** BCP 47: the language they are written to in. It says of nobody who they are. */
  locale: z.string().optional(),
  /** Whether they want to be texted on the way of this order. */
  sms: z.boolean().optional(),
})
export type Customer = z.infer<typeof Customer>

export const Address = z.object({
  name: personal(z.string()).optional(),
  line1: personal(z.string()),
  line2: personal(z.string()).optional(),
  city: personal(z.string()),
  region: personal(z.string()).optional(),
  postalCode: personal(z.string()),
  /** Says of nobody where they live; sales are counted by it. */
  country: z.string(),
})
export type Address = z.infer<typeof Address>

export const OrderLine = z.object({
  sku: z.string(),
  name: z.string(),
  quantity: z.int().positive(),
  unitPrice: z.int().nonnegative(),
})
export type OrderLine = z.infer<typeof OrderLine>

const orderId = z.uuid()
/** What people call the order by. Of nobody they say who it is; orders from before there were numbers have none. */
const called = {
  /** Unique within the client, such as FF-1042. */
  number: z.string().optional(),
  /** The client's own, unique within it. */
  reference: z.string().optional(),
}
/** Who ships the order: the system, in one parcel as soon as it is confirmed, or the client, in parcels of its own. */
export const Fulfillment = z.enum(['automatic', 'manual'])
export type Fulfillment = z.infer<typeof Fulfillment>

const person = ({ customer }: { customer: Customer }) => customer.email

export const OrderPlaced = defineEvent({
  type: 'order.placed',
  version: 2,
  // Version 1 carried the token of the payment method to everybody; since then the payment domain keeps it.
  upcasts: { 1: ({ payment: _payment, ...order }: { payment: unknown }) => order },
  summary: 'A customer has placed an order, at the prices of that moment.',
  stream: orderStream,
  person,
  schema: z.object({
    orderId,
    ...called,
    customer: Customer,
    shippingAddress: Address,
    /** Left out where it is the address of shipping. */
    billingAddress: Address.optional(),
    lines: z.array(OrderLine).min(1),
    total: Money,
    /** Left out where the total is what the lines cost. */
    costs: Costs.optional(),
    /** Left out where it is automatic. */
    fulfillment: Fulfillment.optional(),
    /** What the customer asks for, in their words. */
    note: personal(z.string()).optional(),
    /** The client's own, for programs. It is not sealed, so it must say nothing of a person. */
    metadata: z.record(z.string(), z.string()).optional(),
  }),
  example: {
    orderId: example.orderId,
    ...example.called,
    customer: example.customer,
    shippingAddress: example.shippingAddress,
    lines: example.lines,
    total: example.total,
    costs: example.costs,
  },
})

export const OrderConfirmed = defineEvent({
  type: 'order.confirmed',
  summary: 'Stock, payment and fraud screening have all said yes.',
  stream: orderStream,
  person,
  schema: z.object({
    orderId,
    ...called,
    customer: Customer,
    shippingAddress: Address,
    lines: z.array(OrderLine).min(1),
    total: Money,
    /** Left out where the total is what the lines cost. */
    costs: Costs.optional(),
    /** Left out where it is automatic. */
    fulfillment: Fulfillment.optional(),
  }),
  example: {
    orderId: example.orderId,
    ...example.called,
    customer: example.customer,
    shippingAddress: example.shippingAddress,
    lines: example.lines,
    total: example.total,
    costs: example.costs,
  },
})

export const RejectionReason = z.enum(['out-of-stock', 'payment-declined', 'fraud-suspected'])
export type RejectionReason = z.infer<typeof RejectionReason>

export const OrderRejected = defineEvent({
  type: 'order.rejected',
  summary: 'Stock, payment or fraud screening has refused the order.',
  stream: orderStream,
  person,
  schema: z.object({ orderId, ...called, customer: Customer, reason: RejectionReason, detail: z.string() }),
  example: {
    orderId: example.orderId,
    ...example.called,
    customer: example.customer,
    reason: 'out-of-stock',
    detail: 'MUG-01: 2 wanted, 1 left.',
  },
})

export const OrderCancelled = defineEvent({
  type: 'order.cancelled',
  summary: 'The order was called off before it was shipped.',
  stream: orderStream,
  person,
  schema: z.object({ orderId, ...called, customer: Customer, reason: personal(z.string()) }),
  example: { orderId: example.orderId, ...example.called, customer: example.customer, reason: 'changed my mind' },
})

export const OrderReduced = defineEvent({
  type: 'order.reduced',
  summary: 'Pieces of the order will not be shipped, and what they cost is not owed. The total stays as it was placed.',
  stream: orderStream,
  person,
  schema: z.object({
    orderId,
    customer: Customer,
    cancellationId: z.uuid(),
    /** With what was to be paid for them, in minor units. */
    lines: z.array(z.object({ sku: z.string(), quantity: z.int().positive(), amount: z.int().nonnegative() })).min(1),
    amount: Money,
    reason: personal(z.string()),
  }),
  example: {
    orderId: example.orderId,
    customer: example.customer,
    cancellationId: example.cancellationId,
    lines: [{ sku: 'MUG-01', quantity: 1, amount: 1_250 }],
    amount: { amount: 1_250, currency: 'GBP' },
    reason: 'one is enough',
  },
})

export const OrderParcelShipped = defineEvent({
  type: 'order.parcel-shipped',
  summary: 'Pieces of the order have been handed to a carrier in a parcel of their own, and the money is taken.',
  stream: orderStream,
  person,
  schema: z.object({
    orderId,
    ...called,
    customer: Customer,
    shipmentId: z.uuid(),
    carrier: z.string(),
    trackingNumber: z.string(),
    /** What is in it. */
    lines: z.array(z.object({ sku: z.string(), name: z.string(), quantity: z.int().positive() })).min(1),
  }),
  example: {
    orderId: example.orderId,
    ...example.called,
    customer: example.customer,
    shipmentId: example.shipmentId,
    ...example.parcel,
    lines: [{ sku: 'MUG-01', name: 'Enamel mug', quantity: 1 }],
  },
})

export const OrderExpired = defineEvent({
  type: 'order.expired',
  summary: 'The order was not decided within its time limit.',
  stream: orderStream,
  person,
  schema: z.object({ orderId, ...called, customer: Customer }),
  example: { orderId: example.orderId, ...example.called, customer: example.customer },
})

export const OrderShipped = defineEvent({
  type: 'order.shipped',
  summary: 'All that is wanted of the order has been handed to a carrier.',
  stream: orderStream,
  person,
  schema: z.object({
    orderId,
    ...called,
    customer: Customer,
    /** Of the only parcel, or of the latest. */
    carrier: z.string(),
    trackingNumber: z.string(),
    /** How many parcels the client has shipped it in, each told by order.parcel-shipped; left out for the automatic one. */
    parcels: z.int().positive().optional(),
  }),
  example: { orderId: example.orderId, ...example.called, customer: example.customer, ...example.parcel },
})

export const OrderDelivered = defineEvent({
  type: 'order.delivered',
  summary: 'Every parcel of the order has reached the customer.',
  stream: orderStream,
  person,
  schema: z.object({ orderId, ...called, customer: Customer }),
  example: { orderId: example.orderId, ...example.called, customer: example.customer },
})

export const ReturnReceived = defineEvent({
  type: 'return.received',
  summary: 'Pieces of a delivered order came back, and what they cost is owed. The total stays as it was placed.',
  stream: orderStream,
  person,
  schema: z.object({
    orderId,
    ...called,
    customer: Customer,
    returnId: z.uuid(),
    /** With what was paid for them, in minor units, and whether they can be sold again. */
    lines: z
      .array(
        z.object({
          sku: z.string(),
          name: z.string(),
          quantity: z.int().positive(),
          amount: z.int().nonnegative(),
          restocked: z.boolean(),
        }),
      )
      .min(1),
    amount: Money,
    reason: personal(z.string()).optional(),
  }),
  example: {
    orderId: example.orderId,
    ...example.called,
    customer: example.customer,
    returnId: example.returnId,
    lines: [{ sku: 'MUG-01', name: 'Enamel mug', quantity: 1, amount: 1_250, restocked: true }],
    amount: { amount: 1_250, currency: 'GBP' },
    reason: 'too small',
  },
})

export const ReturnAccepted = defineEvent({
  type: 'return.accepted',
  version: 2,
  // Version 1 told by itself that all goods are on the shelf again; a release that knows no return.received must not read this one.
  upcasts: { 1: (data: object) => data },
  summary: 'The last pieces of a delivered order came back, and what is left of its money is owed to the customer.',
  stream: orderStream,
  person,
  schema: z.object({
    orderId,
    ...called,
    customer: Customer,
    /** The return.received of the last pieces; missing where all pieces came back at once before there were such. */
    returnId: z.uuid().optional(),
    lines: z.array(OrderLine).min(1),
    total: Money,
  }),
  example: {
    orderId: example.orderId,
    ...example.called,
    customer: example.customer,
    returnId: example.returnId,
    lines: example.lines,
    total: example.total,
  },
})

/** What an order decides itself: each of these facts takes it to another state. */
export const ORDER_DECISIONS = [
  OrderConfirmed,
  OrderRejected,
  OrderCancelled,
  OrderExpired,
  OrderShipped,
  OrderDelivered,
  ReturnAccepted,
] as const

/** What an order decides about parts of it: its state stays. */
export const ORDER_PARTS = [OrderReduced, OrderParcelShipped, ReturnReceived] as const

/** Every fact that an order has another state after, its placing included. */
export const ORDER_STATES = [OrderPlaced, ...ORDER_DECISIONS] as const

/** The state that a fact leads to. */
export const stateAfter = (type: (typeof ORDER_STATES)[number]['type']) =>
  type === 'return.accepted' ? 'returned' : type.slice('order.'.length)
