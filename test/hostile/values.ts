import fc from 'fast-check'

/** A JSON schema as the OpenAPI document has it. */
export interface Schema {
  $ref?: string
  type?: string
  format?: string
  pattern?: string
  enum?: unknown[]
  const?: unknown
  examples?: unknown[]
  anyOf?: Schema[]
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  minItems?: number
  maxItems?: number
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
}

/** What no schema allows, or what breaks programs that believe it. */
export const hostile: fc.Arbitrary<unknown> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom<unknown>(
    '',
    ' ',
    '\0',
    '\ud800',
    '\u202Emoc.live',
    "'; DROP TABLE orders; --",
    '../../etc/passwd',
    '%00',
    '%E0%A4%A',
    '${7*7}',
    '<script>alert(1)</script>',
    'x'.repeat(5_000),
    '0x10',
    '1e999',
    '-1',
    'NaN',
    '0000-00-00',
    '0000-01-01',
    '9999-12-31T23:59:59Z',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    null,
    true,
    -1,
    0,
    1e300,
    2 ** 31,
    2 ** 53,
    [],
    {},
    [[[]]],
  ),
  fc.jsonValue({ maxDepth: 2 }),
)

const FORMATS: Record<string, fc.Arbitrary<unknown>> = {
  uuid: fc.uuid({ version: 7 }),
  email: fc.constantFrom('ada@example.com', 'b+c@example.org'),
  date: fc
    .date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
    .map((day) => day.toISOString().slice(0, 10)),
  'date-time': fc
    .date({ min: new Date('2020-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
    .map((at) => at.toISOString()),
}

/** What a schema allows. */
export function valid(schema: Schema, components: Record<string, Schema>): fc.Arbitrary<unknown> {
  if (schema.$ref) return valid(components[schema.$ref.replace(/^.*\//, '')]!, components)
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((one) => valid(one, components)))
  switch (schema.type) {
    case 'object':
      return object(schema, components)
    case 'array':
      return fc.array(valid(schema.items ?? {}, components), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 5, 5),
      })
    case 'integer':
    case 'number':
      return fc.integer({
        min: Math.max(schema.minimum ?? 0, -(2 ** 31)),
        max: Math.min(schema.maximum ?? 100, 2 ** 31 - 1),
      })
    case 'boolean':
      return fc.boolean()
    case 'string':
      return text(schema)
    default:
      return fc.jsonValue({ maxDepth: 1 })
  }
}

function text({ format, examples, pattern, minLength = 0, maxLength = 30 }: Schema): fc.Arbitrary<unknown> {
  if (format && FORMATS[format]) return FORMATS[format]
  if (examples) return fc.constantFrom(...examples)
  if (pattern) return fc.stringMatching(new RegExp(pattern, 'u'))
  return fc.string({ minLength, maxLength: Math.min(maxLength, 30) })
}

function object({ properties = {}, required = [] }: Schema, components: Record<string, Schema>) {
  const members = Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, valid(one, components)]))
  // What a schema cannot say: the country of the examples has postcodes.
  const needed = Object.keys(properties).filter((name) => required.includes(name) || name === 'postalCode')
  return fc.record(members, { requiredKeys: needed })
}

/** What no `toString` of its own can spoil. */
const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

/** What a schema allows, but for one place. */
export function damaged(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc
    .tuple(value, fc.nat(20), hostile, fc.nat(3))
    .map(([whole, nth, other, how]) => damage(whole, { nth, other, how }))
}

function damage(whole: unknown, { nth, other, how }: { nth: number; other: unknown; how: number }): unknown {
  if (typeof whole !== 'object' || whole === null) return other
  const copy = structuredClone(whole) as Record<string, unknown>
  const names = Object.keys(copy)
  const name = names[nth % Math.max(1, names.length)]
  if (name === undefined || how === 0) return { ...copy, [textOf(other).slice(0, 50)]: other }
  if (how === 1) delete copy[name]
  else if (how === 2) copy[name] = other
  else copy[name] = damage(copy[name], { nth: nth >> 1, other, how: nth % 4 })
  return copy
}
