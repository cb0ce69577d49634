import { hasMarks, type AnyEventType } from '#messaging'
import { breaksBetween, isEqual, type Json } from './compare.ts'
import type { Published, PublishedVersion } from './published.ts'

/** Something about the versions of an event type that must be put right. */
export interface Finding {
  type: string
  /** `recorded` by a command, or `repaired` by a person. */
  wants: 'recording' | 'repair'
  /** What is wrong and what to do. */
  sentence: string
}

/** Holds every event type against what was published of it. @returns nothing when all is well */
export function checkVersions(types: readonly AnyEventType[], published: Published): Finding[] {
  const known = new Set(types.map(({ type }) => type))
  return [
    ...[...published.keys()].filter((type) => !known.has(type)).map(takenAway),
    ...types.flatMap((type) => checkType(type, published.get(type.type) ?? new Map<number, PublishedVersion>())),
  ]
}

function checkType(type: AnyEventType, published: ReadonlyMap<number, PublishedVersion>): Finding[] {
  const highest = Math.max(0, ...published.keys())
  if (highest > type.version)
    return [broken(type, `version ${highest} is published: a version is never taken away. Raise it to ${highest}.`)]
  try {
    const current = describeType(type)
    return [
      ...checkCurrent(type, current, published.get(type.version)),
      ...checkExamples(type, [...published, [type.version, current]]),
    ]
  } catch (error) {
    if (error instanceof Undescribable) return [broken(type, error.message)]
    throw error
  }
}

function checkCurrent(
  type: AnyEventType,
  current: PublishedVersion,
  published: PublishedVersion | undefined,
): Finding[] {
  const { version } = type
  if (!published) return [unrecorded(type, `version ${version} is not published yet`)]
  const breaks = breaksBetween(published.schema, current.schema)
  if (breaks.length > 0) {
    const told = breaks.map(({ at, what }) => `${at || 'the data'} ${what}`).join('; ')
    return [broken(type, `version ${version} is published, and its schema was changed: ${told}. ${insteadOf(version)}`)]
  }
  if (!isEqual(published.schema, current.schema))
    return [unrecorded(type, `version ${version} has grown by what older processes do not mind`)]
  const isKnown = current.examples.every((example) => published.examples.some((one) => isEqual(one, example)))
  return isKnown ? [] : [unrecorded(type, `the example of version ${version} is a new one`)]
}

const insteadOf = (version: number) =>
  `Take that back; or raise \`version\` to ${version + 1}, say in \`upcasts: { ${version}: (data) => … }\` how data of ` +
  `version ${version} become those of the new one, and record that.`

/** What was recorded under any version is read by this code. */
function checkExamples(type: AnyEventType, versions: readonly [number, PublishedVersion][]): Finding[] {
  const findings = versions.flatMap(([version, { examples }]) =>
    examples.flatMap((example) => {
      try {
        type.read(structuredClone(example), version)
        return []
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error)
        return [
          broken(
            type,
            `an event of version ${version} cannot be read. ${why}. The example: ${JSON.stringify(example)}`,
          ),
        ]
      }
    }),
  )
  return findings.slice(0, 1) // the others most likely say the same
}

const takenAway = (type: string): Finding => ({
  type,
  wants: 'repair',
  sentence:
    `${type} is published and no longer defined in src/events: what is recorded of it cannot be read. Define it again; ` +
    `or, if no system ever recorded one, delete src/events/published/${type}.`,
})

const broken = ({ type }: AnyEventType, what: string): Finding => ({
  type,
  wants: 'repair',
  sentence: `${type}: ${what}`,
})

const unrecorded = ({ type }: AnyEventType, what: string): Finding => ({
  type,
  wants: 'recording',
  sentence: `${type}: ${what}.`,
})

class Undescribable extends Error {}

/** @throws Undescribable with the sentence that says what it lacks to be published */
export function describeType({ schema, example, marks }: AnyEventType): PublishedVersion {
  const schemas = schema['~standard'].jsonSchema
  if (!schemas) throw new Undescribable('its schema cannot tell its JSON Schema. Describe it with zod.')
  if (example === undefined)
    throw new Undescribable(
      'it has no example. Add `example: { … }` to its definition, with data as they may really be.',
    )
  const described = withoutDialect(asStored(schemas))
  if (hasMarks(described)) expectPerson(marks)
  return { schema: described, examples: [example] }
}

/** What is marked and belongs to nobody would be stored for everybody to read. */
function expectPerson(marks: AnyEventType['marks']) {
  try {
    if (marks()) return
  } catch (cause) {
    throw new Undescribable(`${(cause as Error).message}.`, { cause })
  }
  throw new Undescribable('it marks personal data and does not say whose they are. Add `person` to its definition.')
}

type Schemas = NonNullable<AnyEventType['schema']['~standard']['jsonSchema']>

/** As the data stand in the store: written and read in one shape, so the schema must not turn one into another. */
function asStored(schemas: Schemas): Json {
  const target = { target: 'draft-2020-12' } as const
  try {
    schemas.output(target) // what cannot be described, a transform say, throws here
    return schemas.input(target)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Undescribable(`its schema has no JSON Schema (${why}). Use what JSON knows, and no transforms.`, {
      cause,
    })
  }
}

const withoutDialect = ({ $schema: _dialect, ...schema }: Json): Json => schema
