import { standIn, defineRoute, type Route } from '#http'
import type { Database } from '#platform/database'
import { listDeliveries, readDelivery } from './deliveries.ts'
import { expectEndpoint } from '../endpoints.ts'
import { redeliverOne, redeliverRange } from './redeliver.ts'
import {
  DeliveryId,
  DeliveryList,
  DeliveryQuery,
  DeliveryView,
  EndpointId,
  Redelivery,
  RedeliveryRange,
} from '../schemas.ts'

const tag = 'Webhooks'
const scope = 'webhooks'

/** What was sent to an endpoint, and sending it again. */
export function deliveryRoutes(db: Database): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/v1/webhooks/{id}/deliveries',
      operationId: 'listWebhookDeliveries',
      summary: 'What an endpoint was sent or is to be sent, of the last 30 days',
      tag,
      scope,
      params: EndpointId,
      query: DeliveryQuery,
      example: { params: { id: standIn('told webhook') }, query: { state: 'waiting', limit: 1 } },
      replies: { 200: { description: 'The newest event first', schema: DeliveryList } },
      refusals: { 404: 'webhook-not-found' },
      async handle({ params: { id }, query, caller }) {
        await expectEndpoint(db, caller, id)
        return { status: 200, body: await listDeliveries(db, id, query) }
      },
    }),
    defineRoute({
      method: 'get',
      path: '/v1/webhooks/{id}/deliveries/{eventId}',
      operationId: 'getWebhookDelivery',
      summary: 'One delivery with each request, its answer and how long it took',
      tag,
      scope,
      params: DeliveryId,
      example: { params: { id: standIn('told webhook'), eventId: standIn('event') } },
      replies: { 200: { description: 'The first request first', schema: DeliveryView } },
      refusals: { 404: 'webhook-not-found, delivery-not-found' },
      async handle({ params: { id, eventId }, caller }) {
        await expectEndpoint(db, caller, id)
        return { status: 200, body: await readDelivery(db, id, eventId) }
      },
    }),
    defineRoute({
      method: 'post',
      path: '/v1/webhooks/{id}/deliveries/{eventId}/redeliver',
      operationId: 'redeliverWebhook',
      summary: 'Send one event again',
      tag,
      scope,
      params: DeliveryId,
      example: { params: { id: standIn('told webhook'), eventId: standIn('event') } },
      replies: { 202: { description: 'It is due now', schema: DeliveryView } },
      refusals: { 404: 'webhook-not-found, delivery-not-found' },
      async handle({ params: { id, eventId }, caller }) {
        await redeliverOne(db, await expectEndpoint(db, caller, id), eventId)
        return { status: 202, body: await readDelivery(db, id, eventId) }
      },
    }),
    defineRoute({
      method: 'post',
      path: '/v1/webhooks/{id}/redeliver',
      operationId: 'redeliverWebhooks',
      summary: 'Send again what happened in a time, or everything since',
      tag,
      scope,
      params: EndpointId,
      body: RedeliveryRange,
      example: { params: { id: standIn('told webhook') }, body: { since: '2026-11-21T14:00:00Z' } },
      replies: { 202: { description: 'How much is due now', schema: Redelivery } },
      refusals: { 404: 'webhook-not-found' },
      async handle({ params: { id }, body: { since, until, include }, caller }) {
        const endpoint = await expectEndpoint(db, caller, id)
        const range = { since: new Date(since), until: until ? new Date(until) : undefined, known: include }
        const { due, continueFrom } = await redeliverRange(db, endpoint, range)
        return { status: 202, body: { due, continueFrom: continueFrom?.toISOString() ?? null } }
      },
    }),
  ]
}
