import { z } from 'zod'
import { MoneyView } from '#domains/pricing'
import { ORDER_STATUSES } from '../state/order-states.ts'
import { reference } from './carried.ts'

/** What every view of an order begins with. */
export const head = {
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

export const OrderLine = z
  .strictObject({
    sku: z.string(),
    name: z.string(),
    quantity: z.int(),
    unitPrice: z.int().describe('Minor units, at the moment of placing'),
  })
  .meta({ id: 'OrderLine' })

export const OrderSummary = z
  .strictObject({
    ...head,
    customer: z.strictObject({ name: z.string(), email: z.string() }),
    lines: z.array(OrderLine).optional().describe('With `expand=lines`'),
  })
  .meta({ id: 'OrderSummary' })
export type OrderSummary = z.infer<typeof OrderSummary>

export const OrderPage = z
  .strictObject({
    orders: z.array(OrderSummary),
    next: z.string().nullable().describe('Cursor of the next page; null at the end'),
  })
  .meta({ id: 'OrderPage' })
