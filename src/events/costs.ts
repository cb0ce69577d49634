import { z } from 'zod'

/** Minor units of the currency of the order's total. */
const minor = z.int().nonnegative()
const part = { discount: minor, tax: minor, total: minor }

/**
 * What an order costs, part by part, as it was computed at its placing: total = items - discount + shipping, + tax where prices do
 * not include it. A `total` of a line or of the shipping has its own discount taken off and its own tax in it; they add up to the
 * total of the order.
 */
export const Costs = z.object({
  /** The lines, before discounts. */
  items: minor,
  /** Taken off lines and shipping. */
  discount: minor,
  /** Before its discount. */
  shipping: minor,
  tax: minor,
  taxIncluded: z.boolean(),
  discounts: z.array(z.object({ code: z.string(), amount: minor })),
  taxes: z.array(z.object({ name: z.string(), percent: z.string(), taxed: minor, amount: minor })),
  shippingMethod: z.object({ method: z.string(), name: z.string(), price: minor, ...part }).optional(),
  /** As many as the order has, in their order. */
  lines: z.array(z.object(part)),
})
export type Costs = z.infer<typeof Costs>
