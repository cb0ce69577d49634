import { z } from 'zod'
import { Fulfillment } from '#events'
import { wanted } from '#domains/pricing'
import { text } from '#http'
import { namingTheCustomer } from '../place/naming-the-customer.ts'
import { carried } from './carried.ts'
import { AddressInput, CustomerInput } from './customer.ts'

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
