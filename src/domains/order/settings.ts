import { z } from 'zod'
import { defineSettings } from '#platform/settings'

export const settings = defineSettings({
  /** What the numbers of new orders begin with. */
  ORDER_NUMBER_PREFIX: z
    .string()
    .regex(/^[A-Z0-9-]{0,12}$/, 'may hold A-Z, 0-9 and -, at most 12')
    .default('FF-'),
  /** Nothing is expected any more of an order whose parcel has been on its way, or at the customer, for so many days: it may be archived. */
  ORDER_CLOSED_AFTER_DAYS: z.coerce.number().int().min(1).default(60),
})
