import { z } from 'zod'
import { LIMITS } from '#domains/pricing'
import { text } from '#http'

/** Pieces of a line of an order, by SKU. */
export const NamedLine = z.strictObject({
  sku: text(1, 64, 'MUG-01').describe('Of a line of the order'),
  quantity: z.int().min(1).max(LIMITS.quantity).optional().describe('Without it, all that are left of the line'),
})

/** Lines by SKU, of an order or of what is left of it. */
export const namedLines = <Line extends z.ZodType>(line: Line) => z.array(line).min(1).max(LIMITS.lines)
