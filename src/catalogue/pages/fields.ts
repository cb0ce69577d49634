import { PERSONAL } from '#messaging'
import type { Json } from '../versions/compare.ts'

/** A member of an event's data, as a reader wants to know it. */
export interface Field {
  /** `lines[].sku` */
  path: string
  /** In words: `text`, `whole number`, `one of a, b`. */
  says: string
  isOptional: boolean
}

/** The members that hold values, however deep. */
export function fieldsOf(schema: Json, path = '', isOptional = false): Field[] {
  if (isJson(schema['items'])) return fieldsOf(schema['items'], `${path}[]`, isOptional)
  if (!isJson(schema['properties'])) {
    const says = PERSONAL in schema ? `${inWords(schema)}, personal` : inWords(schema)
    return [{ path, says, isOptional }]
  }
  const required = (schema['required'] ?? []) as string[]
  return Object.entries(schema['properties']).flatMap(([name, member]) =>
    fieldsOf(member as Json, path ? `${path}.${name}` : name, isOptional || !required.includes(name)),
  )
}

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const WORDS: Record<string, string> = { integer: 'whole number', string: 'text', boolean: 'yes or no', null: 'nothing' }

function inWords(schema: Json): string {
  const { type, format, enum: values, const: only, anyOf, pattern } = schema
  if (Array.isArray(values)) return `one of ${values.map(String).join(', ')}`
  if (only !== undefined) return `always ${JSON.stringify(only)}`
  if (Array.isArray(anyOf)) return anyOf.map((one) => inWords(one as Json)).join(' or ')
  if (typeof format === 'string') return format === 'uuid' ? 'UUID' : format
  const word = typeof type === 'string' ? (WORDS[type] ?? type) : 'anything'
  return typeof pattern === 'string' ? `${word} like ${pattern}` : word
}
