import type { Marks } from '#platform/sealing'

/** The word of a JSON Schema that marks a text as personal; its value is shown to those who may not see the text. */
export const PERSONAL = 'x-personal'
/** The member of stored data that holds the sealed ones. */
export const SEALED = 'sealed'

type Json = Readonly<Record<string, unknown>>

/** A schema that can tell its JSON Schema. */
interface Described {
  readonly '~standard': {
    readonly jsonSchema?: { input(options: { readonly target: 'draft-2020-12' }): Json } | undefined
  }
}

/**
 * The members of an event's data that its schema marks as personal.
 * @throws TypeError when there are none, or one stands where it cannot be sealed by itself (in a list, a union)
 */
export function marksOf(type: string, schema: Described): Marks {
  const described = schema['~standard'].jsonSchema?.input({ target: 'draft-2020-12' })
  if (!described) throw new TypeError(`${type} has personal data, so its schema must tell its JSON Schema`)
  const marks = marksIn(described)
  const [count, found] = [countMarks(described), Object.keys(marks).length === 0 ? 0 : leaves(marks)]
  if (found === 0) throw new TypeError(`${type} says whose its personal data are, and marks none`)
  if (found !== count)
    throw new TypeError(`${type} marks what cannot be sealed: only texts that are members of objects are`)
  if (SEALED in record(described['properties'])) throw new TypeError(`${type} must not have a member '${SEALED}'`)
  return marks
}

/** Whether a schema marks anything. */
export const hasMarks = (described: Json): boolean => countMarks(described) > 0

/** The sealed part of stored data. */
export const sealedIn = (data: unknown): string | undefined => {
  const sealed = record(data)[SEALED]
  return typeof sealed === 'string' ? sealed : undefined
}

/** What those see who may not see personal data: the data as they are stored, without the sealed part. */
export function shownOf(data: unknown): unknown {
  if (sealedIn(data) === undefined) return data
  const { [SEALED]: _, ...shown } = data as Json
  return shown
}

function marksIn(schema: Json): Marks {
  const members: Record<string, string | Marks> = {}
  for (const [member, inner] of Object.entries(record(schema['properties']))) {
    const mark = record(inner)[PERSONAL]
    const marks = marksIn(record(inner))
    if (typeof mark === 'string') members[member] = mark
    else if (Object.keys(marks).length > 0) members[member] = marks
  }
  return members
}

const leaves = (marks: Marks): number =>
  Object.values(marks).reduce<number>((sum, mark) => sum + (typeof mark === 'string' ? 1 : leaves(mark)), 0)

function countMarks(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const own = PERSONAL in value ? 1 : 0
  return own + Object.values(value as Json).reduce<number>((sum, inner) => sum + countMarks(inner), 0)
}

const record = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {})
