import { z } from 'zod'
import { defineEvent } from '#messaging'
import { orderStream } from './order.ts'
import * as example from './example-order.ts'

const orderId = z.uuid()
const Quantities = z.array(z.object({ sku: z.string(), quantity: z.int().positive() }))

export const StockReserved = defineEvent({
  type: 'stock.reserved',
  summary: 'Every line of the order has its stock set aside.',
  stream: orderStream,
  schema: z.object({ orderId, lines: Quantities }),
  example: { orderId: example.orderId, lines: example.goods },
})

export const StockRejected = defineEvent({
  type: 'stock.rejected',
  summary: 'At least one line cannot be met; nothing was set aside.',
  stream: orderStream,
  schema: z.object({
    orderId,
    missing: z.array(z.object({ sku: z.string(), requested: z.int().positive(), available: z.int().nonnegative() })),
  }),
  example: { orderId: example.orderId, missing: [{ sku: 'MUG-01', requested: 2, available: 1 }] },
})

export const StockReleased = defineEvent({
  type: 'stock.released',
  summary: 'Stock set aside for an order that will not be shipped is free again.',
  stream: orderStream,
  schema: z.object({ orderId, lines: Quantities }),
  example: { orderId: example.orderId, lines: example.goods },
})

export const StockRestocked = defineEvent({
  type: 'stock.restocked',
  summary: 'The goods of a returned order are back on the shelf.',
  stream: orderStream,
  schema: z.object({ orderId, lines: Quantities }),
  example: { orderId: example.orderId, lines: example.goods },
})
