import { z } from 'zod'
import { Moment, Reason } from './words.ts'

const Milliseconds = z.number().nullable()

export const ReactionList = z
  .strictObject({
    seconds: z.number().describe('What the figures cover: five minutes, or the latest 20,000 handled events'),
    reactions: z.array(
      z.strictObject({
        reaction: z.string(),
        eventTypes: z.array(z.string()),
        known: z.boolean().describe('This release has it'),
        perSecond: z.number(),
        handled: z.int(),
        repeated: z.int().describe('Handled at the second attempt or later'),
        processingP50: Milliseconds.describe('Milliseconds of its own work'),
        processingP99: Milliseconds,
        criticalP50: Milliseconds.describe('Milliseconds from the event to the commit of the reaction (critical time)'),
        criticalP99: Milliseconds,
        lastHandledAt: Moment.nullable(),
        retrying: z.int(),
        blocked: z.int(),
        held: z.int(),
        dead: z.int(),
        breaker: z
          .strictObject({ cause: z.string(), processes: z.int(), since: Moment })
          .nullable()
          .describe('Open: what it needs is away, so its messages wait and no attempt is used up'),
        paused: z
          .strictObject({ since: Moment, operator: z.string(), reason: z.string().nullable() })
          .nullable()
          .describe('An operator has paused it: its messages wait until it is resumed'),
      }),
    ),
  })
  .meta({ id: 'ReactionList' })
export type ReactionList = z.infer<typeof ReactionList>

export const ProjectionList = z
  .strictObject({
    projections: z.array(
      z.strictObject({
        name: z.string(),
        version: z.int(),
        state: z.enum(['running', 'paused', 'failed']),
        reason: z.string().nullable(),
        since: Moment,
        position: z.string(),
        behind: z.string().describe('Positions of the event store that it has not passed'),
        lagSeconds: z.number(),
        holder: z.string().nullable(),
        rebuiltTo: z.string().nullable().describe('How far a rebuild that is not finished has come'),
      }),
    ),
  })
  .meta({ id: 'ProjectionList' })
export type ProjectionList = z.infer<typeof ProjectionList>

const Link = z.strictObject({ from: z.string(), to: z.string() })

export const Flow = z
  .strictObject({
    publishers: z.array(z.strictObject({ kind: z.enum(['request', 'schedule', 'reaction']), name: z.string() })),
    types: z.array(z.string()),
    publishes: z.array(Link).describe('From a publisher to an event type'),
    reacts: z.array(Link).describe('From an event type to a reaction'),
  })
  .meta({ id: 'Flow' })
export type Flow = z.infer<typeof Flow>

const Position = z
  .string()
  .regex(/^\d{1,18}$/, 'must be a position of the event store')
  .meta({ examples: ['1042'] })

const range = {
  from: Position.optional()
    .describe('Only events after this position of the event store')
    .meta({ examples: ['120000'] }),
  types: z.array(z.string().max(200)).min(1).max(100).optional().describe('Only these; left out: all that it is on'),
}
export const ReplayRange = z.strictObject(range).meta({ id: 'ReplayRange' })
export const Replay = z
  .strictObject({
    ...range,
    reason: Reason,
    rate: z.number().min(0.1).max(10_000).optional().describe('Events per second at most'),
  })
  .meta({ id: 'Replay' })
export type Replay = z.infer<typeof Replay>

export const Pause = z.strictObject({ reason: Reason }).meta({ id: 'Pause' })

export const ReplayPlanView = z
  .strictObject({
    types: z.array(z.string()),
    from: Position,
    to: Position.describe('The relay has published up to here; what is later arrives by itself'),
    events: z.int().describe('Of these types in this range'),
    handled: z.int().describe('Left out: it has handled them'),
    kept: z.int().describe('Left out: retried, held, dead or discarded'),
    delivered: z.int().describe('What a replay would deliver'),
    callsOut: z.boolean().describe('It acts outside of the database'),
  })
  .meta({ id: 'ReplayPlan' })
export type ReplayPlanView = z.infer<typeof ReplayPlanView>
