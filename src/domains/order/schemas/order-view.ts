import { z } from 'zod'
import { Fulfillment } from '#events'
import { CostsView, MoneyView } from '#domains/pricing'
import { FULFILLMENT_STATUSES, PAYMENT_STATUSES } from '../state/axes.ts'
import { carried } from './carried.ts'
import { AddressInput, CustomerInput } from './customer.ts'
import { head, OrderLine } from './order-summary.ts'
import { ReturnView } from './returns.ts'

const Answered = z.enum(['pending', 'yes', 'no'])

const CurrentLine = OrderLine.extend({
  cancelled: z.int().describe('How many of them are cancelled'),
  shipped: z.int().describe('How many of them have left in a parcel'),
  returned: z.int().describe('How many of them came back'),
}).meta({ id: 'CurrentLine' })

const OrderShipment = z
  .strictObject({
    carrier: z.string(),
    trackingNumber: z.string(),
    status: z.enum(['booked', 'delivered', 'called-off']),
    lines: z.array(z.strictObject({ sku: z.string(), quantity: z.int() })).describe('What is in it'),
  })
  .meta({ id: 'OrderShipment' })

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
    lines: z.array(CurrentLine),
    returns: z.array(ReturnView).optional().describe('What came back, oldest first'),
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
    shipments: z.array(OrderShipment).describe('Every parcel of the order'),
    test: z.literal(true).optional().describe('Placed with a test key: no money moves'),
  })
  .meta({ id: 'Order' })
export type OrderView = z.infer<typeof OrderView>
