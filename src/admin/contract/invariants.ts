import { z } from 'zod'
import { Moment } from './words.ts'

export const InvariantFinding = z
  .object({
    invariant: z.string(),
    says: z.string().describe('What holds, in one sentence'),
    onlyWarns: z.boolean().describe('Something to look at, and nothing broken'),
    count: z.int().describe('All that break it, listed or not'),
    offenders: z.array(z.object({ who: z.string().describe('An order, an event, a SKU, …'), why: z.string() })),
    skipped: z.string().optional().describe('Why nothing can be said of it now'),
  })
  .meta({ id: 'InvariantFinding' })
export type InvariantFinding = z.infer<typeof InvariantFinding>

export const AuditView = z
  .strictObject({
    running: z.boolean(),
    latest: z
      .strictObject({
        at: Moment,
        seconds: z.number().describe('How long it took'),
        operator: z.string(),
        findings: z.array(InvariantFinding),
      })
      .nullable()
      .describe('The latest audit that an operator ran here, of the last hundred'),
  })
  .meta({ id: 'AuditView' })
export type AuditView = z.infer<typeof AuditView>
