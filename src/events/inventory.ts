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

/** Bookings of stock have a stream each: they belong to no order. */
const bookingId = z.string()

export const StockReceived = defineEvent({
  type: 'stock.received',
  summary: 'Goods have come in.',
  stream: ({ receiptId }) => `stock-receipt-${receiptId}`,
  schema: z.object({ receiptId: bookingId, lines: Quantities, reason: z.string().optional() }),
  example: {
    receiptId: '0199f6a2-7c41-7d05-9a3e-5b1c20f4e8d7/delivery-4711',
    lines: [{ sku: 'MUG-01', quantity: 100 }],
    reason: 'Delivery 4711',
  },
})

export const StockCorrected = defineEvent({
  type: 'stock.corrected',
  summary: 'There are more or fewer pieces than was known: found, broken, lost.',
  stream: ({ correctionId }) => `stock-correction-${correctionId}`,
  schema: z.object({
    correctionId: bookingId,
    lines: z.array(z.object({ sku: z.string(), change: z.int() })),
    reason: z.string(),
  }),
  example: {
    correctionId: '0199f6a2-7c41-7d05-9a3e-5b1c20f4e8d7/count-2026-11',
    lines: [{ sku: 'MUG-01', change: -2 }],
    reason: 'Broken in the store',
  },
})
