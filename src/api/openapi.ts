import { z } from 'zod'
import type { Route } from '#http'

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
      description:
        'Place an order once; everything that has to happen reacts to it. Money is in minor units (pence, cents). ' +
        'Every refusal is a problem document (RFC 9457) with a stable `code`.',
    },
    security: [{ apiKey: [] }],
    paths,
    components: {
      schemas: { ...schemas, Problem: PROBLEM },
      securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'Your API key' } },
    },
  }
}

function operation(route: Route): Json {
  const { operationId, summary, description, tag } = route
  return {
    operationId,
    summary,
    ...(description && { description }),
    tags: [tag],
    ...(route.public && { security: [] }),
    parameters: [
      ...parameters('path', route.params),
      ...parameters('query', route.query),
      ...(route.headers ?? []).map((header) => ({ in: 'header', ...header, schema: { type: 'string' } })),
    ],
    ...(route.body && {
      requestBody: { required: true, content: { 'application/json': { schema: reference(route.body) } } },
    }),
    responses: { ...successes(route), ...refusals(route) },
  }
}

function parameters(place: 'path' | 'query', schema: z.ZodType | undefined): Json[] {
  if (!schema) return []
  const { properties = {}, required = [] } = plain(schema) as { properties?: Record<string, Json>; required?: string[] }
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    in: place,
    name,
    required: place === 'path' || required.includes(name),
    ...(description ? { description } : {}),
    schema: rest,
  }))
}

function successes({ replies }: Route): Json {
  const entries = Object.entries(replies).map(([status, { description, schema, headers = {} }]) => [
    status,
    {
      description,
      ...(Object.keys(headers).length > 0 && {
        headers: Object.fromEntries(
          Object.entries(headers).map(([name, text]) => [name, { description: text, schema: { type: 'string' } }]),
        ),
      }),
      ...(schema && { content: { 'application/json': { schema: reference(schema) } } }),
    },
  ])
  return Object.fromEntries(entries) as Json
}

/** What any operation may answer, beside what the route names itself. */
function refusals(route: Route): Json {
  const codes: Record<string, string> = {
    ...(route.public ? {} : { 401: 'missing-api-key, invalid-api-key' }),
    ...(route.body && { 400: 'invalid-json', 413: 'body-too-large', 415: 'unsupported-media-type' }),
    ...((route.body ?? route.params ?? route.query) && { 422: 'validation-failed' }),
    503: 'database-unavailable, too-busy, too-slow (with Retry-After)',
    ...route.refusals,
  }
  const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }
  return Object.fromEntries(
    Object.entries(codes).map(([status, list]) => [status, { description: `Codes: ${list}`, content: problem }]),
  )
}

/** Every schema with an id that the operations reach, under its id. */
function componentsOf(routes: readonly Route[]): Json {
  const registry = z.registry<{ id: string }>()
  for (const { body, replies } of routes) {
    for (const schema of [body, ...Object.values(replies).map((reply) => reply.schema)])
      if (schema) registry.add(schema, { id: nameOf(schema) })
  }
  const { schemas } = z.toJSONSchema(registry, { io: 'input', uri: (id) => `#/components/schemas/${id}` })
  const { __shared: shared = {}, ...named } = schemas as Record<string, { $defs?: Json }>
  return asComponents({ ...named, ...shared.$defs }) as Json
}

/** Schemas used inside others stand in a shared entry; they are components like the rest, and need no ids of their own. */
function asComponents(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(asComponents)
  if (typeof schema !== 'object' || schema === null) return schema
  const members = Object.entries(withoutTwice(schema)).filter(([key, value]) => !isOwnName(key, value))
  return Object.fromEntries(
    members.map(([key, value]) => [key, key === '$ref' ? toComponent(value) : asComponents(value)]),
  )
}

/** A format says what its pattern says in more characters; and of a pattern the page would make a random example. */
function withoutTwice(schema: object): object {
  if (!('pattern' in schema) || !('format' in schema)) return schema
  const { pattern: _pattern, ...rest } = schema
  return rest
}

/** `id` is a name only as text: as an object it is a property called id. */
const isOwnName = (key: string, value: unknown) =>
  key === '$schema' || key === '$id' || (key === 'id' && typeof value === 'string')

const toComponent = (reference: unknown) => `#/components/schemas/${String(reference).replace(/^.*\//, '')}`

const plain = (schema: z.ZodType): Json => {
  return asComponents(z.toJSONSchema(schema, { io: 'input' })) as Json
}

const reference = (schema: z.ZodType): Json => ({ $ref: `#/components/schemas/${nameOf(schema)}` })

function nameOf(schema: z.ZodType): string {
  const id = z.globalRegistry.get(schema)?.id
  if (!id) throw new TypeError('A schema of the API needs a name: .meta({ id })')
  return id
}

const PROBLEM = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'detail', 'instance', 'requestId'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', description: 'Stable' },
    detail: { type: 'string', description: 'What is wrong in this case, and what to do' },
    instance: { type: 'string' },
    requestId: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['detail'],
        properties: {
          pointer: { type: 'string', description: 'JSON Pointer (RFC 6901) into the body' },
          parameter: { type: 'string', description: 'Name of the path or query parameter or header' },
          code: { type: 'string' },
          detail: { type: 'string' },
        },
      },
    },
  },
}
