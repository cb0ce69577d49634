import { z } from 'zod'

/** Integer minor units (pence, cents) of an ISO 4217 currency. */
export const Money = z.strictObject({
  amount: z.int().nonnegative(),
  currency: z.string().regex(/^[A-Z]{3}$/),
})
export type Money = z.infer<typeof Money>
