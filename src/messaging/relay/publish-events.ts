import { beginSpan, SpanKind, type OpenSpan } from '#platform/tracing'
import { Unconfirmed, type Answers } from '../broker/broker.ts'
import { crashPoint } from '../crash-points.ts'
import { countSent, unroutedEvents } from '../metrics.ts'
import { keepTopology } from './keep-topology.ts'
import type { RelayNeighbours, RelayOptions } from './options.ts'
import { toEverybody } from './event-to-message.ts'
import type { StoredRow } from '../event-store/reading/stored-rows.ts'
import type { RelayLease } from './relay-lease.ts'
import { createSickQueues, QUEUE_SILENCE_MS } from './sick-queues.ts'

/** Milliseconds without any confirm after which the relay looks for a queue that holds them back. */
const SILENCE_MS = 2_000

/** A batch on its way: what was published to everybody, and what the broker has said to it so far. */
interface Batch {
  rows: readonly StoredRow[]
  answers: Answers
  /** Which connection it went over: what this broker has confirmed, the one behind the next may not have. */
  connection: number
  /** Under way until all is confirmed. */
  spans: readonly OpenSpan[]
  /** Reactions whose queues were out of the way. */
  without: ReadonlySet<string>
}

export interface Publishing {
  /**
   * Publishes until every subscribed queue that takes messages has these events.
   * @throws when that is not certain: call again with the same rows. What is confirmed is not published again then, unless
   * the connection was lost: the broker behind the next one may be another
   */
  publish(rows: readonly StoredRow[]): Promise<void>
  /** Reactions whose queues missed something since the last call: to be requested with the checkpoint that passes it. */
  takeMissed(): string[]
  stop(): void
}

export function createPublishing(options: RelayOptions & RelayNeighbours & Pick<RelayLease, 'lease'>): Publishing {
  const { broker, names, log, subscriptions } = options
  const sick = createSickQueues(options)
  const topology = keepTopology(options, sick)
  let missed = new Set<string>()
  let batch: Batch | undefined
  let connection = 0
  const stopCounting = broker.onConnect(() => connection++)

  const send = async (rows: readonly StoredRow[]): Promise<Batch> => {
    await topology.ensure(rows)
    const traced = rows.map((row) => ({ row, span: beginPublishing(row, names) }))
    const spans = traced.flatMap(({ span }) => span ?? [])
    const open = { rows, without: sick.reactions, connection, spans }
    crashPoint('relay.before-publish')
    const messages = traced.map(({ row, span }) =>
      toEverybody(span ? { ...row, traceparent: span.traceparent } : row, names),
    )
    try {
      const unroutable = await broker.publish(messages, { silenceMs: SILENCE_MS })
      return { ...open, answers: { unconfirmed: new Set(), unroutable, isLost: false } }
    } catch (error) {
      if (!(error instanceof Unconfirmed) || error.answers.isLost) throw error
      return { ...open, answers: error.answers }
    }
  }

  /** Something is unconfirmed: a queue is sick, or the broker as a whole gives no answers. */
  const settle = async (open: Batch) => {
    const { rows, answers, without } = open
    await ask(options)
    const missedBy = await sick.isolate(rows.filter(({ id }) => answers.unconfirmed.has(id)))
    open.without = new Set([...without, ...missedBy])
  }

  const noteMissed = async ({ rows, without }: Batch) => {
    const absent = new Set([...without, ...sick.reactions])
    if (absent.size === 0) return
    const types = new Set(rows.map(({ type }) => type))
    for (const [reaction, eventTypes] of await subscriptions()) {
      if (absent.has(reaction) && eventTypes.some((type) => types.has(type))) missed.add(reaction)
    }
  }

  /** Nobody received them although somebody is subscribed: the topology is gone, or a sick queue was the only one. */
  const publishUnrouted = async ({ rows, answers, without }: Batch) => {
    if (answers.unroutable.size === 0) return
    const present = [...(await subscriptions())].filter(([name]) => !without.has(name) && !sick.reactions.has(name))
    const subscribed = new Set(present.flatMap(([, eventTypes]) => eventTypes))
    const lost = rows.filter(({ id, type }) => answers.unroutable.has(id) && subscribed.has(type))
    if (lost.length === 0) return
    const types = [...new Set(lost.map(({ type }) => type))]
    for (const { type } of lost) unroutedEvents.inc({ type })
    log.error({ types, events: lost.length }, 'subscribed events found no queue; declaring all and publishing again')
    topology.forget()
    await topology.ensure(lost)
    const still = await broker.publish(lost.map((row) => toEverybody(row, names)))
    if (still.size > 0) throw new Error(`${still.size} subscribed events found no queue although it was declared`)
  }

  return {
    async publish(rows) {
      if (batch?.answers.isLost || batch?.connection !== connection) batch = undefined
      batch ??= await send(rows)
      if (batch.answers.unconfirmed.size > 0) await settle(batch)
      if (batch.connection !== connection) throw new Error('the connection was lost before all was confirmed')
      crashPoint('relay.after-confirm')
      await noteMissed(batch)
      await publishUnrouted(batch)
      for (const { type } of rows) countSent(names.exchange(type))
      for (const span of batch.spans) span.end()
      batch = undefined
    },
    takeMissed() {
      const taken = [...missed]
      missed = new Set()
      return taken
    },
    stop() {
      stopCounting()
      sick.stop()
      topology.stop()
    },
  }
}

/** Of an event that was stored within a trace. */
function beginPublishing({ type, id, traceparent }: StoredRow, names: RelayOptions['names']): OpenSpan | undefined {
  const attributes = {
    'messaging.system': 'rabbitmq',
    'messaging.operation.name': 'publish',
    'messaging.operation.type': 'send',
    'messaging.destination.name': names.exchange(type),
    'messaging.message.id': id,
  }
  return beginSpan(`publish ${type}`, { kind: SpanKind.PRODUCER, parent: traceparent, attributes })
}

/** Returns when the broker answers at all. */
async function ask({ broker, names }: RelayOptions): Promise<void> {
  const toNobody = { exchange: '', routingKey: names.queue('nobody'), messageId: 'nobody', body: Buffer.alloc(0) }
  await broker.publish([toNobody], { silenceMs: QUEUE_SILENCE_MS })
}
