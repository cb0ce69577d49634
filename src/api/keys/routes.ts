import { z } from 'zod'
import { defineRoute, idOfRequest, Refusal, SCOPES, type Route, type RouteRequest } from '#http'
import type { Database } from '#platform/database'
import { changeAccess } from './access.ts'
import { findClient, listClients } from './clients.ts'
import { listKeys, type IssuedKey } from './issue.ts'

const Moment = z.iso.datetime()
const Name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be a-z, 0-9 and -, at most 40 characters, a letter first')
  .meta({ examples: ['web-shop'] })
const Label = z
  .string()
  .regex(/^[0-9a-f]{8}$/, 'must be the id of a key, 8 hexadecimal digits')
  .meta({ examples: ['1f0c9a2e'] })
const Scopes = z.array(z.enum(SCOPES))

/** PostgreSQL's text holds neither NUL nor lone surrogates. */
const reason = z
  .string()
  .trim()
  .min(3)
  .max(500)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not hold control characters or lone surrogates')
  .optional()
  .describe('Why, for the record of operators')
  .meta({ examples: ['Ticket 4711'] })

const NewClient = z.strictObject({ name: Name, reason }).meta({ id: 'NewClient' })
const ClientView = z.strictObject({ name: z.string(), createdAt: Moment, keys: z.int() }).meta({ id: 'Client' })
const ClientList = z.strictObject({ clients: z.array(ClientView) }).meta({ id: 'ClientList' })

const terms = { id: z.string(), scopes: Scopes, test: z.boolean(), expiresAt: Moment.nullable() }
const NewKey = z
  .strictObject({
    scopes: Scopes.min(1).max(SCOPES.length),
    test: z.boolean().default(false).describe('Orders placed with it are tests'),
    expiresInDays: z.int().min(1).max(3_650).optional().describe('Left out: it does not expire'),
    reason,
  })
  .meta({ id: 'NewKey' })
const IssuedKeyView = z
  .strictObject({ ...terms, key: z.string().describe('Shown this once: only its hash is stored') })
  .meta({ id: 'IssuedKey' })
const KeyView = z
  .strictObject({
    ...terms,
    client: z.string(),
    createdAt: Moment,
    revokedAt: Moment.nullable(),
    lastUsedAt: Moment.nullable().describe('To the hour'),
  })
  .meta({ id: 'Key' })
const KeyList = z.strictObject({ keys: z.array(KeyView) }).meta({ id: 'KeyList' })
const Rotation = z
  .strictObject({ overlapHours: z.int().min(0).max(720).describe('How long the old key goes on'), reason })
  .meta({ id: 'Rotation' })
const Revocation = z.strictObject({ client: z.string() }).meta({ id: 'Revocation' })

const tag = 'Clients and keys'
const HOUR_MS = 3_600_000

/** What `fanfare clients` and `fanfare keys` do, for operators' programs. */
export function keyRoutes({ db }: { db: Database }): Route[] {
  return [...clientRoutes(db), ...routesOfKeys(db)]
}

function clientRoutes(db: Database): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/v1/clients',
      operationId: 'listClients',
      summary: 'Clients, and how many of their keys can be used now',
      tag,
      scope: 'admin',
      replies: { 200: { description: 'By name', schema: ClientList } },
      handle: async () => ({ status: 200, body: { clients: await listClients(db) } }),
    }),
    defineRoute({
      method: 'post',
      path: '/v1/clients',
      operationId: 'createClient',
      summary: 'Make a client: a shop, a channel, a carrier, a support desk',
      tag,
      scope: 'admin',
      body: NewClient,
      example: { body: { name: 'support-desk', reason: 'Ticket 4711' } },
      replies: { 201: { description: 'The client, without keys', schema: ClientView } },
      refusals: { 409: 'client-exists', 422: 'validation-failed, invalid-client-name' },
      async handle({ body, caller: { actor: operator } }) {
        const { name } = await changeAccess(db, { operator, reason: body.reason }).createClient(body.name)
        return { status: 201, body: { name, createdAt: new Date().toISOString(), keys: 0 } }
      },
    }),
  ]
}

function routesOfKeys(db: Database): Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/v1/clients/{client}/keys',
      operationId: 'listKeys',
      summary: 'Every key of a client, without the keys themselves',
      tag,
      scope: 'admin',
      params: z.strictObject({ client: Name }),
      example: { params: { client: 'web-shop' } },
      replies: { 200: { description: 'The oldest first', schema: KeyList } },
      refusals: { 404: 'client-not-found' },
      handle: async ({ params }) => ({
        status: 200,
        body: { keys: await listKeys(db, await findClient(db, params.client)) },
      }),
    }),
    defineRoute({
      method: 'post',
      path: '/v1/clients/{client}/keys',
      operationId: 'createKey',
      summary: 'Make a key',
      tag,
      secret: true,
      idempotency: 'again', // made anew, while nobody has used it
      scope: 'admin',
      params: z.strictObject({ client: Name }),
      body: NewKey,
      example: {
        params: { client: 'web-shop' },
        body: { scopes: ['orders:read', 'orders:write'], expiresInDays: 365 },
      },
      replies: { 201: { description: 'The key', schema: IssuedKeyView } },
      refusals: { 404: 'client-not-found' },
      async handle(request) {
        const { params, body, caller } = request
        const { scopes, test, expiresInDays, reason } = body
        const expiresAt = expiresInDays === undefined ? null : new Date(Date.now() + expiresInDays * 24 * HOUR_MS)
        const access = changeAccess(db, { operator: caller.actor, reason })
        const id = await idFor(db, request)
        return { status: 201, body: toView(await access.issueKey(params.client, { scopes, test, expiresAt }, id)) }
      },
    }),
    defineRoute({
      method: 'post',
      path: '/v1/keys/{id}/rotate',
      operationId: 'rotateKey',
      summary: 'Make the key that follows another',
      description: 'The same client and scopes. The old key goes on for the overlap, in which the client changes over.',
      tag,
      secret: true,
      idempotency: 'again', // made anew, while nobody has used it
      scope: 'admin',
      params: z.strictObject({ id: Label }),
      body: Rotation,
      example: { params: { id: '1f0c9a2e' }, body: { overlapHours: 24, reason: 'Once a year' } },
      replies: { 201: { description: 'The new key', schema: IssuedKeyView } },
      refusals: { 404: 'key-not-found' },
      async handle(request) {
        const { params, body, caller } = request
        const access = changeAccess(db, { operator: caller.actor, reason: body.reason })
        const id = await idFor(db, request)
        return { status: 201, body: toView(await access.rotateKey(params.id, body.overlapHours * HOUR_MS, id)) }
      },
    }),
    defineRoute({
      method: 'post',
      path: '/v1/keys/{id}/revoke',
      operationId: 'revokeKey',
      summary: 'End a key within ten seconds',
      tag,
      scope: 'admin',
      params: z.strictObject({ id: Label }),
      query: z.strictObject({ reason }),
      example: { params: { id: '1f0c9a2e' }, query: { reason: 'Ticket 4711' } },
      replies: { 200: { description: 'It is ended', schema: Revocation } },
      refusals: { 404: 'key-not-found' },
      handle: async ({ params, query: { reason }, caller: { actor: operator } }) => ({
        status: 200,
        body: await changeAccess(db, { operator, reason }).revokeKey(params.id),
      }),
    }),
  ]
}

/**
 * The same request has the same id, so that one whose first answer was lost makes no second key.
 * @throws Refusal for one that was carried out without making that key: by a release that gave ids at random, or long ago
 */
async function idFor(
  db: Database,
  { params, body, caller, header, isRepeated }: RouteRequest<object, undefined, object>,
) {
  const key = header('idempotency-key')
  if (key === undefined) return undefined
  const id = await idOfRequest([caller.clientId, 'key', key, params, body], (where) => db.apiKey.count({ where }))
  if (!isRepeated || (await db.apiKey.count({ where: { id } })) > 0) return id
  const detail =
    'This request made a key before, which is not found by it any more. If you do not have it, revoke it, and make another under another Idempotency-Key.'
  throw new Refusal('conflict', 'answer-not-kept', detail)
}

const toView = ({ id, key, scopes, test, expiresAt }: IssuedKey) => {
  return { id, key, scopes, test, expiresAt: expiresAt?.toISOString() ?? null }
}
