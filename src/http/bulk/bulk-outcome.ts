import { z } from 'zod'

const fault = z.strictObject({
  pointer: z.string().optional(),
  parameter: z.string().optional(),
  code: z.string().optional(),
  detail: z.string(),
})

/** One line of the answer to many lines. */
export const BulkOutcome = z
  .union([
    z.strictObject({
      line: z.int().min(1).describe('Of the request, from 1'),
      outcome: z.enum(['created', 'changed', 'unchanged', 'booked']),
      sku: z.string().optional(),
      id: z.string().optional(),
      version: z.int().optional(),
    }),
    z.strictObject({
      line: z.int().min(1),
      outcome: z.literal('refused'),
      code: z.string().describe('Stable; as of a problem document'),
      detail: z.string(),
      errors: z.array(fault).optional(),
    }),
    z.strictObject({
      end: z.literal(true).describe('The last line of every whole answer'),
      lines: z.int().describe('Lines that were carried out or refused'),
      refused: z.int(),
      stopped: z
        .string()
        .optional()
        .describe('Why the lines after these were not looked at: too-many-lines, body-too-large, database-unavailable'),
    }),
  ])
  .meta({ id: 'BulkOutcome' })
export type BulkOutcome = z.infer<typeof BulkOutcome>
