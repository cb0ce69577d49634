import { z } from 'zod'
import { Advice, FailureClass, Moment } from './words.ts'

const Span = z
  .strictObject({ count: z.int(), p50: z.number().nullable(), p99: z.number().nullable() })
  .describe('Milliseconds, of the latest orders of the last hour')

const Command = z.string().describe('For the command line')

const RepairOfReaction = z
  .strictObject({
    action: z.enum(['redrive', 'retry', 'restore', 'resume']),
    reaction: z.string(),
    group: z.string().nullable().describe('The cause; null where a single delivery is meant'),
    deliveryId: z.string().nullable(),
  })
  .describe('What the operations on dead letters take, or on a reaction: `resume`')

const RepairOfOutage = z
  .strictObject({
    action: z.literal('redrive-recovered'),
    dependency: z.string(),
    reactions: z.array(z.string()),
    letters: z.int(),
  })
  .describe('What an outage has left, as one: `POST /v1/admin/recoveries/{dependency}/redrive`')

const Repair = z.discriminatedUnion('action', [RepairOfReaction, RepairOfOutage])

export const Failure = z
  .strictObject({
    kind: z
      .string()
      .describe('A stable code, as `fanfare stuck` prints it; or `projection`, `breaker`, `paused` or `recovered`'),
    severity: z.enum(['error', 'warning', 'info']),
    sentence: z.string().describe('What does not move, and why'),
    orders: z.int().describe('Orders that wait because of it; of `recovered`, its dead letters'),
    example: z.string().nullable().describe('The order that waits longest'),
    reaction: z.string().nullable(),
    since: Moment,
    failureClass: FailureClass.nullable().describe('Of dead letters'),
    advice: Advice.nullable().describe('Of dead letters'),
    changed: z.string().nullable().describe('What has changed since dead letters failed, and what to do'),
    repair: Repair.nullable(),
    command: Command.nullable(),
  })
  .meta({ id: 'Failure' })
export type Failure = z.infer<typeof Failure>

const Part = z.strictObject({
  name: z.string(),
  state: z.enum(['ok', 'late', 'away']),
  detail: z.string().describe('One sentence'),
})

const Breakers = z.strictObject({
  cause: z.string().describe('What was away: an error and its message'),
  reactions: z.array(z.string()),
  processes: z.int(),
  since: Moment,
})

const Running = z
  .strictObject({
    processes: z.array(
      z.strictObject({
        service: z.string().describe('api, relay, scheduler or worker'),
        release: z.string().describe('`FANFARE_RELEASE`, or the version of the package'),
        runs: z.array(z.string()).describe('Of workers: their reactions and read models'),
        processes: z.int(),
        since: Moment.describe('When the first of them began'),
      }),
    ),
    sentence: z.string().nullable().describe('Which releases run side by side; null where all are of one'),
  })
  .describe('The processes that run, as they said of themselves in the last half minute')

export const Overview = z
  .strictObject({
    at: Moment,
    ordersPerSecond: z.number().describe('Of the last ten whole seconds'),
    placed: z
      .array(z.strictObject({ at: Moment, orders: z.int(), seconds: z.int() }))
      .describe('The last five minutes, the oldest first'),
    states: z
      .array(z.strictObject({ status: z.string(), orders: z.int() }))
      .describe('Where the orders of the last hour are now'),
    untilConfirmed: Span,
    untilShipped: Span,
    deliveries: z
      .strictObject({ retrying: z.int(), blocked: z.int(), held: z.int(), dead: z.int() })
      .describe('What PostgreSQL keeps because it was not handled at once'),
    breakers: z.array(Breakers).describe('Reactions that are paused because something they need is away, by cause'),
    failures: z.array(Failure).describe('What does not move now, the worst first'),
    health: z.array(Part),
    running: Running,
  })
  .meta({ id: 'Overview' })
export type Overview = z.infer<typeof Overview>
