import { z } from 'zod'
import { defineEvent } from '#messaging'
import { orderStream } from './order.ts'
import * as example from './example-order.ts'

const orderId = z.uuid()

export const ShipmentCreated = defineEvent({
  type: 'shipment.created',
  summary: 'A parcel for the order is booked with a carrier.',
  stream: orderStream,
  schema: z.object({ orderId, shipmentId: z.uuid(), carrier: z.string(), trackingNumber: z.string() }),
  example: { orderId: example.orderId, shipmentId: example.shipmentId, ...example.parcel },
})

export const ShipmentDelivered = defineEvent({
  type: 'shipment.delivered',
  summary: 'The carrier reports that the parcel has arrived.',
  stream: orderStream,
  schema: z.object({ orderId, shipmentId: z.uuid() }),
  example: { orderId: example.orderId, shipmentId: example.shipmentId },
})
