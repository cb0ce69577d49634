import { defineSettings, url } from '#platform/settings'
import type { AnyEventType, RecordedEvent } from './define-event.ts'
import { UnreadableEvent } from './errors.ts'

/** CloudEvents 1.0, JSON format, structured content mode. */
export const CONTENT_TYPE = 'application/cloudevents+json'
/** Larger bodies are refused unread. */
const MAX_BODY_BYTES = 1024 * 1024

export const SOURCE = '/fanfare'

const settings = defineSettings({
  /** Where the API is reached by those who read events: `dataschema` of each event leads to its JSON Schema there. */
  PUBLIC_URL: url(['http', 'https'], 'https://shop.example').default('http://127.0.0.1:3000'),
})
let schemas: string | undefined

/** What the address of each schema begins with. Processes read the setting once: they encode every event with it. */
export const schemasUrl = (): string => (schemas ??= `${settings().PUBLIC_URL.replace(/\/$/, '')}/events/`)

/** Where the JSON Schema of a version is served. */
export const schemaUrl = (type: string, version: number): string => `${schemasUrl()}${type}/${version}`

/** The envelope around data that is JSON already, as the event store holds it. */
export function encode(event: Omit<RecordedEvent, 'data'>, dataJson: string): Buffer {
  const head = JSON.stringify({
    specversion: '1.0',
    id: event.id,
    type: event.type,
    source: SOURCE,
    subject: event.stream,
    time: event.time,
    datacontenttype: 'application/json',
    dataschema: schemaUrl(event.type, event.version),
    streamversion: event.streamVersion,
    correlationid: event.correlationId,
    ...(event.causationId && { causationid: event.causationId }),
    ...(event.traceparent && { traceparent: event.traceparent }),
    ...(event.actor && { actor: event.actor }),
  })
  return Buffer.from(`${head.slice(0, -1)},"data":${dataJson}}`)
}

/** What can be told of a message before its data are read; kept with a dead letter. */
export type Envelope = RecordedEvent

/**
 * Reads the envelope of a message.
 * @throws UnreadableEvent with a reason code and a sentence that says what is wrong
 */
export function decodeEnvelope(body: Buffer, contentType: string | undefined): Envelope {
  if (contentType !== undefined && !/^application\/(cloudevents\+)?json\s*(;|$)/i.test(contentType)) {
    throw new UnreadableEvent(
      'unsupported-content-type',
      `The content type is ${contentType}; expected ${CONTENT_TYPE}`,
    )
  }
  if (body.length > MAX_BODY_BYTES) {
    throw new UnreadableEvent('too-large', `The body has ${body.length} bytes; at most ${MAX_BODY_BYTES} are read`)
  }
  return toEnvelope(parseJson(body))
}

/**
 * Checks the data against the event type that the reaction knows, bringing older versions up to date.
 * @throws UnreadableEvent
 */
export function readData(envelope: Envelope, types: ReadonlyMap<string, AnyEventType>): RecordedEvent {
  const type = types.get(envelope.type)
  if (!type) {
    throw new UnreadableEvent(
      'unknown-type',
      `This reaction is not on ${envelope.type}; it is on ${[...types.keys()].join(', ')}`,
    )
  }
  return { ...envelope, version: type.version, data: type.read(envelope.data, envelope.version) }
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) throw new UnreadableEvent('invalid-json', 'The body is empty')
  try {
    return JSON.parse(body.toString('utf8'))
  } catch (cause) {
    throw new UnreadableEvent('invalid-json', `The body is not JSON: ${(cause as Error).message}`, { cause })
  }
}

/** What the columns that hold it can take. */
const MAX_INTEGER = 2 ** 31 - 1
const isName = (value: unknown): value is string => typeof value === 'string' && NAME.test(value)
const NAME = /^[^\p{Control}\p{Surrogate}]{0,255}$/u

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

function toEnvelope(value: unknown): Envelope {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse('the body is not a JSON object')
  const given = value as Record<string, unknown>
  const { id, type, subject, time, dataschema, streamversion, correlationid, causationid, traceparent, actor, data } =
    given
  if (given['specversion'] !== '1.0') return refuse('specversion is not "1.0"')
  if (typeof id !== 'string' || !UUID.test(id)) return refuse('id is not a UUID')
  if (!isName(type) || type === '') return refuse('type is missing or no name')
  if (!isName(subject) || subject === '') return refuse('subject (the stream) is missing or no name')
  if (!Number.isInteger(streamversion) || (streamversion as number) < 1 || (streamversion as number) > MAX_INTEGER)
    return refuse('streamversion is not a positive whole number')
  if (!isName(correlationid)) return refuse('correlationid is missing or no name')
  if (causationid !== undefined && (typeof causationid !== 'string' || !UUID.test(causationid)))
    return refuse('causationid is not a UUID')
  const at = new Date(String(time))
  if (Number.isNaN(at.getTime())) return refuse('time is not an RFC 3339 date and time')
  return {
    id: id.toLowerCase(),
    type,
    version: versionOf(dataschema),
    stream: subject,
    streamVersion: streamversion as number,
    correlationId: correlationid,
    causationId: causationid ?? null,
    traceparent: typeof traceparent === 'string' ? traceparent : null,
    actor: isName(actor) ? actor : null,
    time: at,
    data,
  }
}

function versionOf(dataschema: unknown): number {
  const version = typeof dataschema === 'string' ? Number(/\/(\d{1,6})$/.exec(dataschema)?.[1]) : 1
  return version >= 1 ? version : refuse('dataschema does not end in /<version>')
}

function refuse(why: string): never {
  throw new UnreadableEvent('invalid-envelope', `Not a CloudEvents 1.0 envelope of this system: ${why}`)
}
