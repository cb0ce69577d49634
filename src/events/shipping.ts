import { z } from 'zod'
import { defineEvent } from '#messaging'
import { orderStream } from './order.ts'

const orderId = z.uuid()

export const ShipmentCreated = defineEvent({
  type: 'shipment.created',
  summary: 'A parcel for the order is booked with a carrier.',
  stream: orderStream,
  schema: z.object({ orderId, shipmentId: z.uuid(), carrier: z.string(), trackingNumber: z.string() }),
})

export const ShipmentDelivered = defineEvent({
  type: 'shipment.delivered',
  summary: 'The carrier reports that the parcel has arrived.',
  stream: orderStream,
  schema: z.object({ orderId, shipmentId: z.uuid() }),
})
