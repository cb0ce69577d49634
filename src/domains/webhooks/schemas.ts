import { z } from 'zod'
import { pageLimit } from '#http'
import { PUBLIC_TYPES } from '#events'

const Moment = z.iso.datetime()
const example = '0199f6a2-8e10-7b42-8d6f-c3a9e07b1f52'
const types = PUBLIC_TYPES as [string, ...string[]]

const terms = {
  url: z
    .string()
    .min(1)
    .max(2_000)
    .meta({ examples: ['https://shop.example/webhooks'] }),
  eventTypes: z
    .array(z.enum(types))
    .max(types.length)
    .describe('Which events are sent; empty: all')
    .meta({ examples: [['order.confirmed', 'order.shipped']] }),
  description: z
    .string()
    .max(200)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not hold control characters or lone surrogates')
    .meta({ examples: ['Orders for the warehouse'] }),
  ordered: z
    .boolean()
    .describe('The events of one order wait for each other, so one that fails holds up those behind it'),
  personalData: z
    .boolean()
    .describe('Names and addresses are sent along; the key needs the scope `orders:read` as well'),
  maxConcurrent: z.int().min(1).max(16).describe('Requests at one time'),
  maxPerSecond: z.int().min(1).max(100).describe('Requests a second'),
}

export const NewEndpoint = z
  .strictObject({
    ...terms,
    eventTypes: terms.eventTypes.default([]),
    description: terms.description.default(''),
    ordered: terms.ordered.default(false),
    personalData: terms.personalData.default(false),
    maxConcurrent: terms.maxConcurrent.default(4),
    maxPerSecond: terms.maxPerSecond.default(25),
  })
  .meta({ id: 'NewWebhook' })

export const EndpointChange = z
  .strictObject({ ...terms, enabled: z.boolean().describe('True takes it up again, with all that waits for it') })
  .partial()
  .meta({ id: 'WebhookChange' })

const view = {
  id: z.uuid(),
  ...terms,
  client: z.string(),
  enabled: z.boolean(),
  disabledBecause: z
    .enum(['asked', 'gone', 'failing'])
    .nullable()
    .describe('asked: by you. gone: it answered 410. failing: nothing was answered well for too long'),
  failingSince: Moment.nullable().describe('The first failure since the last success'),
  lastError: z.string().nullable(),
  lastDeliveredAt: Moment.nullable().describe('To the minute'),
  waiting: z.int().describe('Deliveries that are still to come, counted to 10,000'),
  createdAt: Moment,
  previousSecretUntil: Moment.nullable().describe('Until then the secret before signs as well'),
}

export const EndpointView = z.strictObject(view).meta({ id: 'Webhook' })
export const EndpointWithSecret = z
  .strictObject({ ...view, secret: z.string().describe('Shown this once; begins with whsec_') })
  .meta({ id: 'WebhookWithSecret' })
export const EndpointList = z.strictObject({ webhooks: z.array(EndpointView) }).meta({ id: 'WebhookList' })

export const SecretRotation = z
  .strictObject({ overlapHours: z.int().min(0).max(720).describe('How long the old secret signs as well') })
  .meta({ id: 'WebhookSecretRotation' })
export const NewSecret = z
  .strictObject({ secret: z.string().describe('Shown this once'), previousSecretUntil: Moment })
  .meta({ id: 'WebhookSecret' })

const State = z.enum(['waiting', 'delivered', 'given-up'])
const delivery = {
  eventId: z.uuid().describe('Sent as `webhook-id`'),
  eventType: z.string(),
  orderId: z.uuid(),
  state: State,
  attempts: z.int(),
  dueAt: Moment.nullable().describe('When it is tried next'),
  createdAt: Moment,
  endedAt: Moment.nullable(),
}
export const DeliveryView = z
  .strictObject({
    ...delivery,
    log: z.array(
      z.strictObject({
        at: Moment,
        durationMs: z.int(),
        status: z.int().nullable(),
        answer: z.string().nullable().describe('Its first bytes'),
        error: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'WebhookDelivery' })
export const DeliveryList = z
  .strictObject({
    deliveries: z.array(z.strictObject(delivery)),
    next: z.string().nullable().describe('Cursor of the next page; null at the end'),
  })
  .meta({ id: 'WebhookDeliveryList' })

export const DeliveryQuery = z.strictObject({
  state: State.optional(),
  cursor: z.uuid().optional().describe('`next` of the page before'),
  limit: pageLimit,
})

export const RedeliveryRange = z
  .strictObject({
    since: z.iso.datetime({ offset: true }).meta({ examples: ['2026-11-21T14:00:00Z'] }),
    until: z.iso.datetime({ offset: true }).optional().describe('Left out: until now'),
    include: z
      .enum(['undelivered', 'all'])
      .default('undelivered')
      .describe('undelivered: given up, or never sent because the endpoint was disabled. all: also what was delivered'),
  })
  .meta({ id: 'WebhookRedeliveryRange' })
export const Redelivery = z
  .strictObject({
    due: z.int().describe('Deliveries that are due now'),
    continueFrom: Moment.nullable().describe('Not everything was looked at: ask again with this as `since`'),
  })
  .meta({ id: 'WebhookRedelivery' })

const id = z
  .uuid('must be the id of an endpoint, a UUID')
  .toLowerCase()
  .meta({ examples: [example] })
export const EndpointId = z.strictObject({ id })
export const DeliveryId = z.strictObject({
  id,
  eventId: z
    .uuid('must be the id of an event, a UUID')
    .toLowerCase()
    .meta({ examples: [example] }),
})
