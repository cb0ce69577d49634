import { z } from 'zod'
import type { Route } from '#http'

type Json = Record<string, unknown>

/** Every schema with an id that the operations reach, under its id. */
export function componentsOf(routes: readonly Route[]): Json {
  const registry = z.registry<{ id: string }>()
  const named = new Map<string, z.ZodType>()
  for (const { body, lines, replies } of routes) {
    for (const schema of [body, lines, ...Object.values(replies).flatMap((reply) => [reply.schema, reply.lines])]) {
      if (!schema) continue
      const id = nameOf(schema)
      if ((named.get(id) ?? schema) !== schema) throw new TypeError(`Two schemas of the API are called ${id}`)
      named.set(id, schema)
      registry.add(schema, { id })
    }
  }
  const { schemas } = z.toJSONSchema(registry, { io: 'input', uri: (id) => `#/components/schemas/${id}` })
  const { __shared: shared = {}, ...own } = schemas as Record<string, { $defs?: Json }>
  return asComponents({ ...own, ...shared.$defs }) as Json
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
  if (!('pattern' in schema) || typeof schema.pattern !== 'string') return schema
  const { pattern, ...rest } = schema
  return 'format' in schema ? rest : { ...rest, pattern: portable(pattern) }
}

/** Names of Unicode's categories are known to few languages; lone surrogates are in no JSON that they would read. */
const portable = (pattern: string) =>
  pattern.replaceAll(String.raw`\p{Cc}`, String.raw`\x00-\x1f\x7f-\x9f`).replaceAll(String.raw`\p{Cs}`, '')

/** `id` is a name only as text: as an object it is a property called id. */
const isOwnName = (key: string, value: unknown) =>
  key === '$schema' || key === '$id' || (key === 'id' && typeof value === 'string')

const toComponent = (reference: unknown) => `#/components/schemas/${String(reference).replace(/^.*\//, '')}`

/** The schema itself, for where no name is of use. */
export const plain = (schema: z.ZodType): Json => asComponents(z.toJSONSchema(schema, { io: 'input' })) as Json

export const reference = (schema: z.ZodType): Json => ({ $ref: `#/components/schemas/${nameOf(schema)}` })

function nameOf(schema: z.ZodType): string {
  const id = z.globalRegistry.get(schema)?.id
  if (!id) throw new TypeError('A schema of the API needs a name: .meta({ id })')
  return id
}
