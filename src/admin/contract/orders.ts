import { z } from 'zod'
import { Failure } from './overview.ts'
import { Id, Moment } from './words.ts'

const Place = z.number().describe('Pixels')
const Mark = z.strictObject({
  what: z.string().describe('failed, dead, recovered, or what an operator did'),
  attempt: z.int(),
  error: z.string().nullable(),
  x: Place,
})
const Hue = z.int().describe('Index of the family of its event type in `families`')

const Lane = z.strictObject({
  reaction: z.string().describe('Empty for requests and schedules'),
  y: Place,
  published: z.array(z.strictObject({ eventId: Id, type: z.string(), hue: Hue, x: Place })),
  deliveries: z.array(
    z.strictObject({
      eventId: Id,
      type: z.string(),
      hue: Hue,
      state: z.string(),
      way: z.strictObject({
        path: z.string().describe('As in SVG: from the event to the first attempt'),
        later: z.string().optional().describe('From there to the attempt that succeeded, or to the end'),
      }),
      work: z.strictObject({ x: Place, width: Place, text: z.string() }).nullable(),
      marks: z.array(Mark),
    }),
  ),
})

/** A lane for each reaction, time from left to right; `fanfare story --svg` draws the same. */
export const Picture = z
  .strictObject({
    width: Place,
    left: Place,
    right: Place,
    top: Place,
    laneHeight: z.number().describe('Pixels of a lane whose names stand in one row; others are higher'),
    bottom: Place,
    families: z.array(z.string()),
    ticks: z.array(z.strictObject({ x: Place, text: z.string() })),
    cuts: z.array(z.strictObject({ x: Place, width: Place, text: z.string() })).describe('Waits, not drawn to scale'),
    moments: z.array(z.strictObject({ ms: z.number(), x: Place })).describe('Whenever something happened'),
    lanes: z.array(Lane),
  })
  .meta({ id: 'Picture' })
export type Picture = z.infer<typeof Picture>

export const Standing = z
  .strictObject({
    finished: z.boolean().describe('No reaction is waiting or will be tried again, and none has given up'),
    sentence: z.string().describe('Why the order is not finished, or that it is'),
    failures: z.array(Failure),
  })
  .meta({ id: 'OrderStanding' })
export type Standing = z.infer<typeof Standing>

export const FoundOrders = z
  .strictObject({
    orders: z.array(
      z.strictObject({
        id: Id,
        number: z.string().nullable().describe('For people; orders from before there were numbers have none'),
        status: z.string(),
        total: z.strictObject({ amount: z.int().describe('Minor units'), currency: z.string() }),
        placedAt: Moment,
        customer: z.string().describe('Name of the customer'),
      }),
    ),
    found: z
      .string()
      .describe(
        'What the words were found as: `order`, `event`, `delivery` or `words`; `latest` where there were none',
      ),
  })
  .meta({ id: 'FoundByAdmin' })
export type FoundOrders = z.infer<typeof FoundOrders>

export interface StoryReaction {
  reaction: string
  state: string
  handledAt: string | null
  afterMs: number | null
  durationMs: number | null
  attempt: number | null
  dueAt: string | null
  reason: string | null
  error: string | null
  deliveryId: string | null
  history: {
    at: string
    afterMs: number
    what: string
    attempt: number
    error: string | null
    by: string
    dueAt: string | null
  }[]
}

export interface StoryEvent {
  id: string
  type: string
  streamVersion: number
  time: string
  afterMs: number
  causationId: string | null
  publishedBy: string | null
  data: unknown
  reactions: StoryReaction[]
}

/** What `GET /v1/admin/orders/{id}` answers, as a browser reads it. */
export interface OrderPage {
  order: {
    id: string
    status: string
    placedAt: string
    updatedAt: string
    version: number
    total: { amount: number; currency: string }
    customer: string
    reason: string | null
  }
  story: {
    orderId: string
    status: string
    settled: boolean
    events: StoryEvent[]
    archives: { name: string; place: string }[]
  }
  picture: Picture
  standing: Standing
}
