import { z } from 'zod'
import { NamedLine, namedLines } from '#domains/order'
import { text } from '#http'

export const ShipmentView = z
  .object({
    id: z.uuid(),
    orderId: z.uuid(),
    status: z.enum(['booked', 'delivered', 'called-off']),
    carrier: z.string(),
    trackingNumber: z.string(),
    bookedAt: z.iso.datetime(),
    deliveredAt: z.iso.datetime().nullable(),
    lines: z
      .array(z.object({ sku: z.string(), quantity: z.int() }))
      .optional()
      .describe('What is in it. The automatic parcel of an order has none: all that is wanted of the order is in it'),
  })
  .meta({ id: 'Shipment' })

export const TrackingNumber = z
  .string()
  .regex(/^[A-Z0-9]{1,40}$/, 'is capital letters and digits')
  .meta({ examples: ['FP0123456789ABCDEF'] })

export const NewShipment = z
  .strictObject({
    lines: namedLines(NamedLine.meta({ id: 'ShippedLine' }))
      .optional()
      .describe('What is in it. Without it, everything that is left of the order'),
    carrier: text(1, 100, 'DHL').optional().describe('Who carries it. Left out, our carrier does'),
    trackingNumber: TrackingNumber.optional().describe('Of that carrier. Left out, our carrier gives one'),
  })
  .superRefine(({ carrier, trackingNumber }, context) => {
    if ((carrier === undefined) === (trackingNumber === undefined)) return
    const path = [carrier === undefined ? 'carrier' : 'trackingNumber']
    const message = 'is required: a carrier and its tracking number go together'
    context.addIssue({ code: 'custom', params: { code: 'required' }, path, message })
  })
  .meta({ id: 'NewShipment' })
export type NewShipment = z.infer<typeof NewShipment>
