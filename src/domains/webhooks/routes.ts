import { standIn, allows, defineRoute, idOfRequest, Refusal, type Caller, type Route } from '#http'
import type { Database } from '#platform/database'
import { deliveryRoutes } from './deliveries/delivery-routes.ts'
import {
  changeEndpoint,
  createEndpoint,
  expectEndpoint,
  listEndpoints,
  removeEndpoint,
  rotateSecret,
} from './endpoints.ts'
import { operatorRoutes } from './operator-routes.ts'
import {
  EndpointChange,
  EndpointId,
  EndpointList,
  EndpointView,
  EndpointWithSecret,
  NewEndpoint,
  NewSecret,
  SecretRotation,
} from './schemas.ts'
import { secretOf } from './secret.ts'
import { settings } from './settings.ts'
import { readTarget } from './target.ts'
import { toView } from './views.ts'

const tag = 'Webhooks'
const scope = 'webhooks'
const HOUR_MS = 3_600_000

/** The operations on endpoints for webhooks, and on what was sent to them. */
export function webhookRoutes({ db }: { db: Database }): Route[] {
  const { WEBHOOK_TARGETS } = settings()
  return [
    ...makingRoutes(db, WEBHOOK_TARGETS),
    ...lookingRoutes(db),
    ...changingRoutes(db, WEBHOOK_TARGETS),
    ...deliveryRoutes(db),
    ...operatorRoutes(db),
  ]
}

/** Names and addresses go to who may see them: a key for webhooks alone may not. */
function expectMaySee(caller: Caller, personalData: boolean | undefined): void {
  if (!personalData || allows(caller, 'orders:read')) return
  const detail = 'Events with personal data need a key with the scope orders:read as well.'
  throw new Refusal('forbidden', 'missing-scope', detail)
}

type Targets = 'public' | 'any'

function makingRoutes(db: Database, targets: Targets): Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/v1/webhooks',
      operationId: 'createWebhook',
      summary: 'Name an endpoint that is told of what happens to your orders',
      description:
        'Signed as Standard Webhooks says. It gets events that are published from now on, at least once: those with the same `webhook-id` are one.',
      tag,
      scope,
      secret: true,
      body: NewEndpoint,
      example: { body: { url: 'https://shop.example/webhooks', eventTypes: ['order.confirmed', 'order.shipped'] } },
      replies: { 201: { description: 'The endpoint, with its secret', schema: EndpointWithSecret } },
      refusals: { 409: 'too-many-webhooks', 422: 'validation-failed, webhook-url-refused' },
      async handle({ body, caller, header }) {
        expectMaySee(caller, body.personalData)
        const wish = { ...body, url: readTarget(body.url, targets) }
        const wanted = await idFor(db, caller, header('idempotency-key'), body)
        const id = await createEndpoint(db, caller.clientId, wish, wanted)
        const endpoint = await expectEndpoint(db, caller, id)
        return { status: 201, body: { ...toView(endpoint), secret: secretOf(endpoint) } }
      },
    }),
    defineRoute({
      method: 'post',
      path: '/v1/webhooks/{id}/rotate-secret',
      operationId: 'rotateWebhookSecret',
      summary: 'Make the secret that follows',
      description: 'For the overlap each request has two signatures, of the new and of the old secret.',
      tag,
      scope,
      secret: true,
      params: EndpointId,
      body: SecretRotation,
      example: { params: { id: standIn('webhook') }, body: { overlapHours: 24 } },
      replies: { 201: { description: 'The new secret', schema: NewSecret } },
      refusals: { 404: 'webhook-not-found', 409: 'rotated-meanwhile' },
      async handle({ params: { id }, body: { overlapHours }, caller, header }) {
        const endpoint = await expectEndpoint(db, caller, id)
        const request = header('idempotency-key')
        const rotated = await rotateSecret(db, endpoint, { overlapMs: overlapHours * HOUR_MS, request })
        const secret = secretOf(rotated)
        return { status: 201, body: { secret, previousSecretUntil: rotated.previousUntil.toISOString() } }
      },
    }),
  ]
}

/** The same request has the same id, so a repeated one, whose first answer was lost, changes nothing. */
const idFor = async (db: Database, { clientId }: Caller, key: string | undefined, body: object) =>
  key === undefined
    ? undefined
    : idOfRequest([clientId, 'webhook', key, body], (where) => db.webhookEndpoint.count({ where }))

function lookingRoutes(db: Database): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/v1/webhooks',
      operationId: 'listWebhooks',
      summary: 'The endpoints of your client',
      tag,
      scope,
      replies: { 200: { description: 'The oldest first', schema: EndpointList } },
      handle: async ({ caller: { clientId } }) => ({
        status: 200,
        body: { webhooks: (await listEndpoints(db, { clientId })).map(toView) },
      }),
    }),
    defineRoute({
      method: 'get',
      path: '/v1/webhooks/{id}',
      operationId: 'getWebhook',
      summary: 'One endpoint, and how it stands',
      tag,
      scope,
      params: EndpointId,
      example: { params: { id: standIn('webhook') } },
      replies: { 200: { description: 'The endpoint, without its secret', schema: EndpointView } },
      refusals: { 404: 'webhook-not-found' },
      handle: async ({ params: { id }, caller }) => ({
        status: 200,
        body: toView(await expectEndpoint(db, caller, id)),
      }),
    }),
  ]
}

function changingRoutes(db: Database, targets: Targets): Route[] {
  return [
    defineRoute({
      method: 'patch',
      path: '/v1/webhooks/{id}',
      operationId: 'changeWebhook',
      summary: 'Change an endpoint, disable it or enable it again',
      description:
        'What happens while it is disabled is not queued for it: once it is enabled, `redeliver` brings that. What is left out stays.',
      tag,
      scope,
      params: EndpointId,
      body: EndpointChange,
      example: {
        params: { id: standIn('webhook') },
        body: { description: 'Orders for the warehouse', maxPerSecond: 10 },
      },
      replies: { 200: { description: 'The endpoint as it stands now', schema: EndpointView } },
      refusals: { 404: 'webhook-not-found', 422: 'validation-failed, webhook-url-refused' },
      async handle({ params: { id }, body, caller }) {
        expectMaySee(caller, body.personalData)
        const { url: before } = await expectEndpoint(db, caller, id)
        const url = body.url === undefined ? before : readTarget(body.url, targets)
        await changeEndpoint(db, id, { ...body, url: url === before ? undefined : url })
        return { status: 200, body: toView(await expectEndpoint(db, caller, id)) }
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/v1/webhooks/{id}',
      operationId: 'removeWebhook',
      summary: 'Remove an endpoint with all that was sent to it',
      tag,
      scope,
      params: EndpointId,
      example: { params: { id: standIn('webhook') } },
      replies: { 204: { description: 'It is gone' } },
      refusals: { 404: 'webhook-not-found' },
      async handle({ params: { id }, caller }) {
        await expectEndpoint(db, caller, id)
        await removeEndpoint(db, id)
        return { status: 204 }
      },
    }),
  ]
}
