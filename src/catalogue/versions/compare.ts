import { PERSONAL } from '#messaging'

export type Json = Readonly<Record<string, unknown>>

/** A difference between two schemas of one version that one of the two readers cannot live with. */
export interface Break {
  /** JSON Pointer into the data; `*` stands for any item or member. */
  at: string
  /** What is different, and who cannot read what. */
  what: string
}

const NOT_IN_RECORDED = 'events that are recorded already may not fit'
const NOT_FOR_OLDER = 'processes of the release before refuse or miss it'

/**
 * Compares a published JSON Schema with the one of the code, under the same version number. Both must hold: new code reads
 * every recorded event, and a process of the release before reads every new one (Avro calls that full compatibility). So
 * the one change without a break is a new optional member, where the object takes members that it does not name.
 * Words that say nothing about data (`description`, `title`, …), or who may see them, are not compared.
 */
export function breaksBetween(before: Json, after: Json, at = ''): Break[] {
  if (!isEqual(before['type'], after['type'])) return changed('type', before['type'], after['type'], at)
  return [
    ...membersThatWere(before, after, at),
    ...membersThatAreNew(before, after, at),
    ...partsOf(before, after, at),
    ...valuesOf(before, after, at),
    ...boundsOf(before, after, at),
    ...otherKeywords(before, after, at),
  ]
}

function membersThatWere(before: Json, after: Json, at: string): Break[] {
  const members = record(after['properties'])
  return Object.entries(record(before['properties'])).flatMap(([name, was]) => {
    const place = `${at}/${name}`
    const is = members[name]
    if (!is) return [{ at: place, what: `is gone: ${NOT_FOR_OLDER}` }]
    return [...necessity(before, after, name, place), ...breaksBetween(record(was), record(is), place)]
  })
}

function necessity(before: Json, after: Json, name: string, at: string): Break[] {
  const [was, is] = [before, after].map((schema) => list(schema['required']).includes(name))
  if (was === is) return []
  return [{ at, what: is ? `is required now: ${NOT_IN_RECORDED}` : `is optional now: ${NOT_FOR_OLDER}` }]
}

function membersThatAreNew(before: Json, after: Json, at: string): Break[] {
  const [known, required] = [record(before['properties']), list(after['required'])]
  const isClosed = before['additionalProperties'] === false
  return Object.keys(record(after['properties'])).flatMap((name) => {
    if (name in known) return []
    const place = `${at}/${name}`
    if (required.includes(name)) return [{ at: place, what: `is new and required: ${NOT_IN_RECORDED}` }]
    return isClosed ? [{ at: place, what: `is new in an object that takes no others: ${NOT_FOR_OLDER}` }] : []
  })
}

/** Schemas within the schema: what stands under these words is compared part by part. */
function partsOf(before: Json, after: Json, at: string): Break[] {
  return PARTS.flatMap((word) => {
    const [was, is] = [before[word], after[word]]
    if (isRecord(was) && isRecord(is)) return breaksBetween(was, is, `${at}/*`)
    if (Array.isArray(was) && Array.isArray(is) && was.length === is.length)
      return was.flatMap((part, index) => breaksBetween(record(part), record(is[index]), at))
    return changed(word, was, is, at)
  })
}

function valuesOf(before: Json, after: Json, at: string): Break[] {
  const [was, is] = [allowed(before), allowed(after)]
  if (!was || !is) return was === is ? [] : changed('enum', was, is, at)
  const breaks: Break[] = []
  const [gone, come] = [without(was, is), without(is, was)]
  if (gone.length > 0) breaks.push({ at, what: `may not be ${gone.join(', ')} any more: ${NOT_IN_RECORDED}` })
  if (come.length > 0) breaks.push({ at, what: `may be ${come.join(', ')} now: ${NOT_FOR_OLDER}` })
  return breaks
}

const allowed = (schema: Json): readonly string[] | undefined => {
  const values = schema['enum'] ?? ('const' in schema ? [schema['const']] : undefined)
  return (values as unknown[] | undefined)?.map((value) => JSON.stringify(value))
}

const without = (all: readonly string[], others: readonly string[]) => all.filter((one) => !others.includes(one))

function boundsOf(before: Json, after: Json, at: string): Break[] {
  return BOUNDS.flatMap(([word, none]) => {
    const [was, is] = [Number(before[word] ?? none), Number(after[word] ?? none)]
    if (was === is) return []
    const isTighter = none < 0 ? is > was : is < was
    const what = `has another ${word} (${told(before[word])}, now ${told(after[word])})`
    return [{ at, what: `${what}: ${isTighter ? NOT_IN_RECORDED : NOT_FOR_OLDER}` }]
  })
}

function otherKeywords(before: Json, after: Json, at: string): Break[] {
  const words = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...words]
    .filter((word) => !COMPARED.has(word))
    .flatMap((word) => changed(word, before[word], after[word], at))
}

function changed(word: string, was: unknown, is: unknown, at: string): Break[] {
  if (isEqual(was, is)) return []
  return [{ at, what: `has another ${word} (${told(was)}, now ${told(is)}): ${NOT_IN_RECORDED}, ${NOT_FOR_OLDER}` }]
}

const told = (value: unknown) => (value === undefined ? 'none' : JSON.stringify(value).slice(0, 60))

const PARTS = ['items', 'prefixItems', 'additionalProperties', 'propertyNames', 'anyOf', 'oneOf', 'allOf', 'not']

/** With what stands for "no bound". */
const BOUNDS = [
  ...['minimum', 'exclusiveMinimum', 'minLength', 'minItems', 'minProperties'].map(
    (word) => [word, -Infinity] as const,
  ),
  ...['maximum', 'exclusiveMaximum', 'maxLength', 'maxItems', 'maxProperties'].map((word) => [word, Infinity] as const),
]

const SAY_NOTHING_OF_DATA = [
  '$schema',
  '$id',
  'id',
  'title',
  'description',
  'examples',
  '$comment',
  'deprecated',
  PERSONAL,
]
const COMPARED = new Set([
  ...SAY_NOTHING_OF_DATA,
  'properties',
  'required',
  'enum',
  'const',
  ...PARTS,
  ...BOUNDS.map(([word]) => word),
])

const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const record = (value: unknown): Json => (isRecord(value) ? value : {})
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** Whatever the order of members. */
export const isEqual = (one: unknown, other: unknown): boolean => canonical(one) === canonical(other)

const canonical = (value: unknown): string | undefined =>
  JSON.stringify(value, (_key, inner: unknown) =>
    isRecord(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  )
