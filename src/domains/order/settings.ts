import { z } from 'zod'
import { defineSettings } from '#platform/settings'

export const settings = defineSettings({
  /** Nothing is expected any more of an order whose parcel has been on its way, or at the customer, for so many days: it may be archived. */
  ORDER_CLOSED_AFTER_DAYS: z.coerce.number().int().min(1).default(60),
})
