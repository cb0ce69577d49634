import { z } from 'zod'
import { Moment, ReactionName } from './words.ts'

const Milliseconds = z.number().nullable()
const Durations = z.strictObject({ count: z.int(), p50: Milliseconds, p99: Milliseconds })

const DAY = 86_400

/** Seconds of a step, and the longest time that may be asked for in such steps. */
export const LIMITS = [
  { below: 300, multipleOf: 10, seconds: 6 * 3_600 },
  { below: 3_600, multipleOf: 300, seconds: 7 * DAY },
  { below: Number.POSITIVE_INFINITY, multipleOf: 3_600, seconds: 31 * DAY },
] as const

export const MetricsQuery = z.strictObject({
  from: Moment.optional().describe('Default: an hour before `to`'),
  to: Moment.optional().describe('Default: now'),
  step: z.coerce
    .number()
    .int()
    .min(10)
    .max(DAY)
    .optional()
    .describe(
      'Seconds of a point: a multiple of 10 for up to six hours, of 300 for up to a week, of 3600 for up to a month. ' +
        'Default: such that there are about 200',
    ),
  reactions: z
    .union([z.enum(['all', 'none']), ReactionName])
    .default('all')
    .describe(
      'Whose figures are told: of `all`, of `none`, or of one, and then what waited for it alone. They are most of an answer',
    ),
})

const Waiting = z.strictObject({
  queued: z.int().optional().describe('Messages ready on its queue; missing when the broker did not answer'),
  oldestMs: z.int().optional().describe('Age of the first of them'),
  replicas: z.int().optional().describe('Processes that take from its queue'),
  retrying: z.int(),
  blocked: z.int(),
  held: z.int(),
  dead: z.int().describe('Open dead letters'),
})

const Point = z.strictObject({
  at: Moment.describe('Its beginning'),
  seconds: z.int().describe('Of the step, those that were counted: of the latest step only some'),
  published: z.record(z.string(), z.int()).describe('Events stored, by type'),
  spans: z.record(z.string(), Durations).describe('Milliseconds from `order.placed` to: confirmed, shipped'),
  reactions: z
    .record(
      z.string(),
      z.strictObject({
        handled: z.int(),
        repeated: z.int().describe('Of those, at the second attempt or later'),
        failed: z.int().describe('Attempts that failed and are repeated'),
        dead: z.int().describe('Messages given up'),
        critical: Durations.describe('Milliseconds from the event to the commit of the reaction'),
        processing: Durations.describe('Milliseconds of its own work'),
      }),
    )
    .describe('What each reaction did; one that did nothing is missing'),
  waiting: z.record(z.string(), Waiting).describe('What waited for each reaction; of several looks the worst'),
})

export const Metrics = z
  .strictObject({
    from: Moment,
    to: Moment,
    step: z.int().describe('Seconds'),
    points: z.array(Point).describe('The oldest first; a point is missing where nothing was counted yet'),
  })
  .meta({ id: 'Metrics' })
export type Metrics = z.infer<typeof Metrics>
