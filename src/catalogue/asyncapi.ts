import { CLOUD_EVENT_TYPE, encodeCloudEvent, schemaUrl, topologyOf, type Names } from '#messaging'
import type { Catalogue, Entry } from './catalogue.ts'
import type { Json } from './versions/compare.ts'

/**
 * The AsyncAPI 3 document of the system: an exchange for each event type, a queue for each reaction, and who publishes
 * and receives what, as the code declares it.
 * @param names those of the installation, with its namespace
 */
export function asyncApiDocument({ entries, release }: Catalogue, names: Names): Json {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Fanfare: events',
      version: '1',
      description:
        'Each event is published once, to the fanout exchange of its type, by the relay, which reads the event store. Each ' +
        'reaction has a queue of its own. Delivery is at least once; events of one stream are published in order. Projections read ' +
        'the event store itself, and have no queue.',
    },
    defaultContentType: CLOUD_EVENT_TYPE,
    servers: { rabbitmq: { host: 'rabbitmq:5672', protocol: 'amqp', protocolVersion: '0.9.1' } },
    channels: { ...exchanges(entries, names), ...queues(release, names) },
    operations: { ...sends(entries), ...receives(release) },
    components: {
      messages: Object.fromEntries(entries.map((entry) => [entry.type.type, messageOf(entry)])),
      schemas: { CloudEvent: ENVELOPE, ...Object.fromEntries(entries.map(schemaOf)) },
    },
    'x-projections': release.projections.map(({ name, on, schema }) => ({
      name,
      schema,
      on: on.map(({ type }) => type),
    })),
  }
}

const latest = ({ versions }: Entry) => versions.at(-1)?.[1]
const schemaOf = (entry: Entry) => [entry.type.type, latest(entry)?.schema ?? {}] as const
const reference = (...path: string[]) => ({ $ref: `#/${path.map((part) => part.replaceAll('/', '~1')).join('/')}` })
const messages = (types: readonly string[]) =>
  Object.fromEntries(types.map((type) => [type, reference('components', 'messages', type)]))

function exchanges(entries: readonly Entry[], names: Names): Json {
  const channels = entries.map(({ type: { type, summary } }) => {
    const exchange = { name: names.exchange(type), type: 'fanout', durable: true, autoDelete: false, vhost: '/' }
    const amqp = { is: 'routingKey', exchange, bindingVersion: '0.3.0' }
    return [
      type,
      { address: names.exchange(type), title: type, summary, messages: messages([type]), bindings: { amqp } },
    ]
  })
  return Object.fromEntries(channels) as Json
}

/** What the broker is really asked to declare: the same topology, told in words of AsyncAPI. */
function queues({ reactions }: Catalogue['release'], names: Names): Json {
  const channels = reactions.map(({ name, on }) => {
    const types = on.map(({ type }) => type)
    const topology = topologyOf(names, { name, eventTypes: types })
    const { arguments: asked } = topology.queues.find((queue) => queue.name === names.queue(name))!
    const queue = { name: names.queue(name), durable: true, exclusive: false, autoDelete: false, vhost: '/' }
    const amqp = { is: 'queue', queue, bindingVersion: '0.3.0' }
    const extras = { 'x-queue-arguments': asked, 'x-bound-to': topology.bindings.map(({ exchange }) => exchange) }
    return [name, { address: queue.name, title: name, messages: messages(types), bindings: { amqp }, ...extras }]
  })
  return Object.fromEntries(channels) as Json
}

const persistent = { amqp: { deliveryMode: 2, bindingVersion: '0.3.0' } }
const acknowledged = { amqp: { ack: true, bindingVersion: '0.3.0' } }

function sends(entries: readonly Entry[]): Json {
  const operations = entries.map(({ type: { type }, publishers, projections }) => [
    `publish.${type}`,
    {
      action: 'send',
      channel: reference('channels', type),
      messages: [reference('channels', type, 'messages', type)],
      bindings: persistent,
      'x-published-by': publishers.map(({ kind, name }) => `${kind} ${name}`),
      'x-projected-into': projections,
    },
  ])
  return Object.fromEntries(operations) as Json
}

function receives({ reactions }: Catalogue['release']): Json {
  const operations = reactions.map(({ name, on, publishes }) => [
    `react.${name}`,
    {
      action: 'receive',
      channel: reference('channels', name),
      messages: on.map(({ type }) => reference('channels', name, 'messages', type)),
      bindings: acknowledged,
      'x-publishes': publishes.map(({ type }) => type),
    },
  ])
  return Object.fromEntries(operations) as Json
}

function messageOf({ type, versions }: Entry): Json {
  const { type: name, summary, version } = type
  const [, published] = versions.at(-1) ?? []
  const payload = {
    type: { const: name },
    dataschema: { const: schemaUrl(name, version) },
    data: reference('components', 'schemas', name),
  }
  return {
    name,
    title: name,
    summary,
    contentType: CLOUD_EVENT_TYPE,
    payload: { allOf: [reference('components', 'schemas', 'CloudEvent'), { type: 'object', properties: payload }] },
    ...(published && { examples: published.examples.map((data) => ({ payload: cloudEventOf(name, version, data) })) }),
  }
}

/** An example as it goes over the wire. */
function cloudEventOf(type: string, version: number, data: unknown): Json {
  const { orderId = '' } = (data ?? {}) as { orderId?: string }
  const event = {
    id: '0199f6a2-7c52-7a10-b1de-3f5a86c0d924',
    type,
    version,
    stream: `order-${orderId}`,
    streamVersion: 1,
    correlationId: orderId,
    causationId: null,
    traceparent: null,
    actor: 'web-shop/1f0c9a2e',
    time: new Date('2025-10-17T09:30:00Z'),
  }
  return JSON.parse(encodeCloudEvent(event, JSON.stringify(data)).toString()) as Json
}

const ENVELOPE: Json = {
  type: 'object',
  description: 'CloudEvents 1.0, JSON format, structured mode, with the extensions of this system.',
  required: [
    'specversion',
    'id',
    'type',
    'source',
    'subject',
    'time',
    'dataschema',
    'streamversion',
    'correlationid',
    'data',
  ],
  properties: {
    specversion: { const: '1.0' },
    id: { type: 'string', format: 'uuid', description: 'Of the event: the same each time it is delivered' },
    type: { type: 'string' },
    source: { type: 'string', format: 'uri-reference' },
    subject: { type: 'string', description: 'The stream, such as order-<id>' },
    time: { type: 'string', format: 'date-time' },
    datacontenttype: { const: 'application/json' },
    dataschema: { type: 'string', format: 'uri', description: 'Where its JSON Schema is; ends with the version' },
    streamversion: { type: 'integer', minimum: 1, description: 'Its place in the stream, without gaps' },
    correlationid: { type: 'string', description: 'The conversation: the id of the order' },
    causationid: { type: 'string', format: 'uuid', description: 'The event whose handling published it' },
    traceparent: { type: 'string', description: 'W3C trace context' },
    actor: { type: 'string', description: 'Who began what it belongs to: client and key, or a schedule' },
    data: { type: 'object' },
  },
}
