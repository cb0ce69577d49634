import type { z } from 'zod'
import { IDEMPOTENCY_KEY, type ReplyDoc, type Route } from '#http'
import { answerOf } from './answers.ts'
import { componentsOf, plain, reference } from './components.ts'
import { PROBLEM } from './problem-schema.ts'
import { tagsOf } from './tags.ts'

type Json = Record<string, unknown>

/** The OpenAPI 3.1 document of these operations, from their own schemas. */
export function openApiDocument(routes: readonly Route[]): Json {
  const schemas = componentsOf(routes)
  const paths: Record<string, Json> = {}
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operation(route)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Fanfare',
      version: '1',
      license: { name: 'MIT', identifier: 'MIT' },
      contact: { name: 'Whoever runs this installation' },
      description:
        'Place an order once; everything that has to happen reacts to it. Money is in minor units (pence, cents). ' +
        'Every refusal is a problem document (RFC 9457) with a stable `code`.',
    },
    servers: [{ url: '/', description: 'The one that this document comes from' }],
    security: [{ apiKey: [] }],
    tags: tagsOf(routes),
    paths,
    components: {
      schemas: { ...schemas, Problem: PROBLEM },
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'Your API key' } },
    },
  }
}

function operation(route: Route): Json {
  const { operationId, summary, tag } = route
  return {
    operationId,
    summary,
    ...describe(route),
    tags: [tag],
    ...(route.public ? { security: [] } : { 'x-scope': scopeOf(route) }),
    parameters: [
      ...parameters('path', route.params, route.example?.params),
      ...parameters('query', route.query, route.example?.query),
      ...headersOf(route).map((header) => ({ in: 'header', ...header, schema: { type: 'string' } })),
    ],
    ...(route.body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: reference(route.body), ...exampleOf(route.example?.body) } },
      },
    }),
    ...(route.lines && {
      requestBody: {
        required: true,
        content: { 'application/x-ndjson': { schema: reference(route.lines), ...exampleOf(route.example?.body) } },
      },
    }),
    responses: { ...successes(route), ...refusals(route) },
  }
}

const scopeOf = ({ scope = 'admin' }: Route) => scope

function describe(route: Route): Json {
  const scope = scopeOf(route)
  const needs = route.public ? 'Needs no key.' : scope === 'any' ? 'Needs any key.' : `Needs the scope \`${scope}\`.`
  return { description: route.description ? `${route.description} ${needs}` : needs }
}

const exampleOf = (example: unknown): Json => (example === undefined ? {} : { example })

function parameters(place: 'path' | 'query', schema: z.ZodType | undefined, example: unknown): Json[] {
  if (!schema) return []
  const examples = (example ?? {}) as Json
  const { properties = {}, required = [] } = plain(schema) as { properties?: Record<string, Json>; required?: string[] }
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    in: place,
    name,
    required: place === 'path' || required.includes(name),
    ...(description ? { description } : {}),
    schema: rest,
    ...exampleOf(examples[name]),
  }))
}

const isChange = ({ method }: Route) => method !== 'get'

const headersOf = (route: Route) => [...(isChange(route) ? [IDEMPOTENCY_KEY] : []), ...(route.headers ?? [])]

const REPLAYED = { 'Idempotency-Replayed': '`true` when this is an earlier answer' }

function successes(route: Route): Json {
  return Object.fromEntries(
    Object.entries(route.replies).map(([status, reply]) => {
      const { description, headers: own = {} } = reply
      const headers = Object.entries({ ...own, ...(isChange(route) && REPLAYED) })
      const content = contentOf(route, Number(status), reply)
      const told = headers.map(([name, text]) => [name, { description: text, schema: { type: 'string' } }])
      return [
        status,
        {
          description,
          ...(told.length > 0 && { headers: Object.fromEntries(told) as Json }),
          ...(Object.keys(content).length > 0 && { content }),
        },
      ]
    }),
  )
}

const TEXT = { schema: { type: 'string' } }

/** By media type. */
const contentOf = ({ operationId }: Route, status: number, { schema, isLive, type, lines }: ReplyDoc): Json => ({
  ...(schema && {
    'application/json': { schema: reference(schema), ...exampleOf(answerOf(operationId, status)) },
  }),
  ...(isLive && { 'text/event-stream': TEXT }),
  ...(lines && { 'application/x-ndjson': { schema: reference(lines) } }),
  ...(type !== undefined && { [type]: type.includes('json') ? { schema: { type: 'object' } } : TEXT }),
})

/** What any operation may answer, beside what the route names itself. */
function refusals(route: Route): Json {
  const { public: isPublic = false, scope, secret, body, params, query } = route
  const takesKey = isChange(route)
  const codes = [
    { 400: 'bad-request, invalid-path, missing-host' },
    !isPublic && { 401: 'missing-api-key, invalid-api-key' },
    (!isPublic || isChange(route)) && { 429: 'too-many-requests (with Retry-After)' },
    !isPublic && scope !== 'any' && { 403: 'missing-scope, test-key-refused' },
    body && {
      400: 'invalid-json, invalid-encoding, incomplete-body',
      413: 'body-too-large',
      415: 'unsupported-media-type',
    },
    (body ?? params ?? query) && { 422: 'validation-failed' },
    takesKey && { 409: 'request-under-way', 422: 'invalid-idempotency-key, idempotency-key-reused' },
    secret && { 409: 'answer-not-kept' },
    { 503: 'database-unavailable, too-busy, too-slow (with Retry-After)' },
    route.refusals,
  ].filter((one) => typeof one === 'object')
  const lists = new Map<string, Set<string>>()
  for (const [status, list] of codes.flatMap((one) => Object.entries<string>(one)))
    lists.set(status, new Set([...(lists.get(status) ?? []), ...list.split(', ')]))
  const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }
  return Object.fromEntries(
    [...lists].map(([status, list]) => [status, { description: `Codes: ${[...list].join(', ')}`, content: problem }]),
  )
}
