import { z } from 'zod'
import { Moment, Reason } from './words.ts'

export const ScheduleList = z
  .strictObject({
    schedules: z.array(
      z.strictObject({
        name: z.string(),
        everySeconds: z.number(),
        state: z
          .enum(['done', 'failed', 'running', 'late'])
          .describe('Of the latest run; `late`: the next one has not begun, two rhythms and a minute after this one'),
        begunAt: Moment.describe('The latest run'),
        durationMs: z.number().nullable().describe('Null while it runs, and where its process was killed'),
        nextDueAt: Moment,
        isAsked: z.boolean().describe('An operator has asked for a run, and no scheduler has taken that up yet'),
        instance: z.string().describe('The process that ran it'),
        result: z
          .record(z.string(), z.unknown())
          .nullable()
          .describe('What it did; null where there was nothing to do'),
        failures: z.int().describe('Failed runs since the last one that was done'),
        failedAt: Moment.nullable().describe('The latest run that failed, however long ago'),
        error: z.string().nullable().describe('Of that one'),
      }),
    ),
  })
  .meta({ id: 'ScheduleList' })
export type ScheduleList = z.infer<typeof ScheduleList>

export const RunSchedule = z.strictObject({ reason: Reason }).meta({ id: 'RunSchedule' })
