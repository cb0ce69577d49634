import type { Marks } from '#platform/sealing'
import { UnreadableEvent } from './errors.ts'
import { marksOf } from './personal-marks.ts'

/**
 * What the core asks of a schema: Standard Schema v1 (standardschema.dev), which zod and others implement.
 * Validation must be synchronous.
 */
export interface Schema<Data> {
  readonly '~standard': {
    readonly validate: (value: unknown) => unknown
    readonly types?: { readonly input: unknown; readonly output: Data } | undefined
    readonly jsonSchema?: JsonSchemas | undefined
  }
}

/** What Standard JSON Schema adds to it: needed of a type whose versions are published, and of no other. */
interface JsonSchemas {
  input(options: { readonly target: 'draft-2020-12' }): Record<string, unknown>
  output(options: { readonly target: 'draft-2020-12' }): Record<string, unknown>
}

/** A fact that has not been appended yet: it has no id, time, position or stream version. */
export interface NewEvent<Name extends string = string, Data = unknown> {
  readonly type: Name
  readonly version: number
  readonly stream: string
  readonly data: Data
  /** Which of its data are personal, and whose; they are sealed when it is appended. */
  readonly marked?: Marked
  /** Where it was sealed already (`sealEvents`): what is stored in place of `data`. */
  readonly stored?: StoredData
}

/** Personal data of an event before it is sealed. */
interface Marked {
  readonly marks: Marks
  /** The e-mail address of the person. */
  readonly email: string
}

/** The personal part of an event, as it is stored. */
export interface PersonalPart {
  /** UUID that stands for the person, until they are forgotten and after. */
  readonly person: string
  /** Ciphertext, bound to the event's stream. */
  readonly sealed: string
}

/** What the event store, queues and archives hold in place of an event's data. */
export interface StoredData extends PersonalPart {
  readonly data: Readonly<Record<string, unknown>>
}

/** A fact as it was appended to the event store and as reactions receive it. */
export interface RecordedEvent<Name extends string = string, Data = unknown> extends NewEvent<Name, Data> {
  /** UUID of version 7. */
  readonly id: string
  /** Dense within the stream, starting at 1. */
  readonly streamVersion: number
  readonly correlationId: string
  /** The event whose handling published this one; null for the first of a conversation. */
  readonly causationId: string | null
  /** W3C trace context of the transaction that appended it. */
  readonly traceparent: string | null
  /** Who began what this belongs to: a client's key, an operator, a schedule. */
  readonly actor: string | null
  readonly time: Date
  /** Of an event with personal data that was sealed. Missing where there are none, or they were stored before there were seals. */
  readonly personal?: PersonalPart
}

/** A kind of fact. Calling it makes a validated new event: `OrderPlaced({ orderId, … })`. */
export interface EventType<Name extends string = string, Data = unknown> {
  (data: Data): NewEvent<Name, Data>
  readonly type: Name
  readonly version: number
  readonly summary: string
  readonly schema: Schema<Data>
  readonly example: Data | undefined
  /** Which of its data are personal; undefined when none are. @throws TypeError where they are not marked as they must be */
  readonly marks: () => Marks | undefined
  /** Checks recorded data, of this or an older version. @throws UnreadableEvent */
  read(data: unknown, version: number): Data
}

// The data parameter stands in a contravariant position, so "any event type" needs any here.
// oxlint-disable-next-line no-explicit-any -- see the line above
export type AnyEventType = EventType<string, any>
export type DataOf<Type extends AnyEventType> = Type extends EventType<string, infer Data> ? Data : never
export type RecordedOf<Type extends AnyEventType> =
  Type extends EventType<infer Name, infer Data> ? RecordedEvent<Name, Data> : never

interface EventDefinition<Name extends string, Data> {
  /** Stable dotted name in the past tense, such as `order.placed`; also the name of its fanout exchange. */
  type: Name
  /** Raised when the shape of `data` changes incompatibly. @default 1 */
  version?: number
  /** One sentence: what has become true. */
  summary: string
  schema: Schema<Data>
  /** The stream the fact belongs to, such as `order-<id>`; the events of one stream are totally ordered. */
  stream: (data: Data) => string
  /** Data as they may really be: published with the version, shown in the catalogue, and read by every later release. */
  example?: NoInfer<Data>
  /** For each older version, how its data becomes that of the next one. */
  upcasts?: Record<number, (data: never) => unknown>
  /** Of an event with personal data (members whose JSON Schema says `x-personal`): the e-mail address of whom they belong to. */
  person?: (data: Data) => string
}

const NAME = /^[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*)+$/

export function defineEvent<const Name extends string, Data>(
  definition: EventDefinition<Name, Data>,
): EventType<Name, Data> {
  const { type, version = 1, summary, schema, example, stream, upcasts = {}, person } = definition
  if (!NAME.test(type))
    throw new TypeError(`Event type '${type}' must be a dotted name in lower case, such as order.placed`)
  let known: Marks | undefined
  const marks = () => (person ? (known ??= marksOf(type, schema)) : undefined)
  const create = (data: Data): NewEvent<Name, Data> => {
    const checked = validate(type, schema, data)
    const event = { type, version, stream: stream(checked), data: checked }
    return person ? { ...event, marked: { marks: marks()!, email: person(checked) } } : event
  }
  const read = (data: unknown, from: number): Data => {
    if (from > version)
      throw new UnreadableEvent(
        'newer-version',
        `${type} version ${from} is newer than version ${version}, which this process knows: deploy the newer code first`,
      )
    let current = data
    for (let step = from; step < version; step++) {
      current = bringUp(type, step, upcasts[step], current)
    }
    return validate(type, schema, current)
  }
  return Object.assign(create, { type, version, summary, schema, example, marks, read })
}

/** Data of older versions come unchecked: their schema is no longer in the code. */
function bringUp(
  type: string,
  version: number,
  upcast: ((data: never) => unknown) | undefined,
  data: unknown,
): unknown {
  const unreadable = (why: string, options?: ErrorOptions) =>
    new UnreadableEvent('invalid-data', `${type} version ${version} cannot be read: ${why}`, options)
  if (!upcast) throw unreadable(`no upcast to version ${version + 1} is defined`)
  try {
    return upcast(data as never)
  } catch (cause) {
    throw unreadable(`its upcast to version ${version + 1} fails: ${(cause as Error).message}`, { cause })
  }
}

interface Issue {
  message: string
  path?: ReadonlyArray<PropertyKey | { key: PropertyKey }>
}

function validate<Data>(type: string, schema: Schema<Data>, data: unknown): Data {
  const result = schema['~standard'].validate(data) as { value: Data; issues?: undefined } | { issues: Issue[] }
  if (!result.issues) return result.value
  const faults = result.issues.slice(0, 5).map(({ path = [], message }) => {
    const pointer = path.map((part) => `/${String(typeof part === 'object' ? part.key : part)}`).join('')
    return `${pointer || '/'}: ${message}`
  })
  throw new UnreadableEvent('invalid-data', `The data of ${type} do not fit its schema: ${faults.join('; ')}`)
}
