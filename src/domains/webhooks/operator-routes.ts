import { z } from 'zod'
import { defineRoute, standIn, text, type Route } from '#http'
import { asAction } from '#messaging'
import type { Database } from '#platform/database'
import { redeliverOne, redeliverRange } from './deliveries/redeliver.ts'
import { changeEndpoint, expectEndpoint, listEndpoints, type Endpoint } from './endpoints.ts'
import { DeliveryId, EndpointId, EndpointList, EndpointView, RedeliveryRange, Redelivery } from './schemas.ts'
import { toView } from './views.ts'

const tag = 'Operators'
const scope = 'admin'
const id = standIn('told webhook')
const reason = text(3, 500, 'The client has repaired it').describe('Why, for the audit table')
const Why = z.strictObject({ reason }).meta({ id: 'WebhookReason' })
const RangeWithReason = z.strictObject({ ...RedeliveryRange.shape, reason }).meta({ id: 'WebhookRedeliveryByOperator' })
const refusals = { 404: 'webhook-not-found' }

/** Endpoints of all clients, for operators. Each change leaves who did it, and why. */
export const operatorRoutes = (db: Database): Route[] => [
  listing(db),
  ...switching(db),
  redeliveringOne(db),
  redelivering(db),
]

function listing(db: Database): Route {
  return defineRoute({
    method: 'get',
    path: '/v1/admin/webhooks',
    operationId: 'listWebhooksInTrouble',
    summary: 'Endpoints of all clients that fail, or are disabled; or all that there are',
    tag,
    scope,
    query: z.strictObject({ which: z.enum(['in-trouble', 'all']).default('in-trouble') }),
    example: { query: { which: 'all' } },
    replies: { 200: { description: 'The oldest first, at most 1,000', schema: EndpointList } },
    async handle({ query: { which } }) {
      const endpoints = await listEndpoints(db, { inTrouble: which === 'in-trouble' })
      return { status: 200, body: { webhooks: endpoints.map(toView) } }
    },
  })
}

const SWITCHES = [
  { word: 'enable', enabled: true, summary: 'Take an endpoint up again, with all that waits for it' },
  { word: 'disable', enabled: false, summary: 'Send nothing to an endpoint until it is enabled' },
] as const

const switching = (db: Database): Route[] =>
  SWITCHES.map(({ word, enabled, summary }) =>
    defineRoute({
      method: 'post',
      path: `/v1/admin/webhooks/{id}/${word}`,
      operationId: `${word}Webhook`,
      summary,
      tag,
      scope,
      params: EndpointId,
      body: Why,
      example: { params: { id: standIn('webhook') }, body: { reason: 'The client has asked for it' } },
      replies: { 200: { description: 'The endpoint as it stands now', schema: EndpointView } },
      refusals,
      async handle({ params, body, caller }) {
        const endpoint = await expectEndpoint(db, caller, params.id)
        const action = { action: `${word}-webhook` as const, reaction: '', selector: about(endpoint), ...body }
        await asAction({ db, operator: caller.actor }, action, async () => {
          await changeEndpoint(db, endpoint.id, { enabled })
          return { outcome: 'done' as const }
        })
        return { status: 200, body: toView(await expectEndpoint(db, caller, params.id)) }
      },
    }),
  )

function redeliveringOne(db: Database): Route {
  return defineRoute({
    method: 'post',
    path: '/v1/admin/webhooks/{id}/deliveries/{eventId}/redeliver',
    operationId: 'redeliverWebhookByOperator',
    summary: 'Send one event to an endpoint again',
    tag,
    scope,
    params: DeliveryId,
    body: Why,
    example: { params: { id, eventId: standIn('event') }, body: { reason: 'The client has lost it' } },
    replies: { 202: { description: 'It is due now', schema: Redelivery } },
    refusals: { 404: 'webhook-not-found, delivery-not-found' },
    async handle({ params: { id: endpointId, eventId }, body, caller }) {
      const endpoint = await expectEndpoint(db, caller, endpointId)
      const action = { ...REDELIVER, selector: { ...about(endpoint), event: eventId }, ...body }
      await asAction({ db, operator: caller.actor }, action, async () => {
        await redeliverOne(db, endpoint, eventId)
        return { outcome: 'done' as const, due: 1 }
      })
      return { status: 202, body: { due: 1, continueFrom: null } }
    },
  })
}

function redelivering(db: Database): Route {
  return defineRoute({
    method: 'post',
    path: '/v1/admin/webhooks/{id}/redeliver',
    operationId: 'redeliverWebhooksByOperator',
    summary: 'Send to an endpoint again what happened in a time, or everything since',
    tag,
    scope,
    params: EndpointId,
    body: RangeWithReason,
    example: { params: { id }, body: { since: '2026-11-21T14:00:00Z', reason: 'It was away for two hours' } },
    replies: { 202: { description: 'How much is due now', schema: Redelivery } },
    refusals,
    async handle({ params, body: { since, until, include, reason: why }, caller }) {
      const endpoint = await expectEndpoint(db, caller, params.id)
      const range = { since: new Date(since), until: until ? new Date(until) : undefined, known: include }
      const selector = { ...about(endpoint), since, ...(until && { until }), include }
      const action = { ...REDELIVER, selector, reason: why }
      const { due, continueFrom } = await asAction({ db, operator: caller.actor }, action, async () => {
        const done = await redeliverRange(db, endpoint, range)
        return { outcome: 'done' as const, due: done.due, continueFrom: done.continueFrom?.toISOString() ?? null }
      })
      return { status: 202, body: { due, continueFrom } }
    },
  })
}

const REDELIVER = { action: 'redeliver-webhooks', reaction: '' } as const
const about = ({ id: webhook, client, url }: Endpoint) => ({ webhook, client, url })
