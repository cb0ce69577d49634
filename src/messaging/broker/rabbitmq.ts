import { setTimeout as wait } from 'node:timers/promises'
import type { Channel, ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib'
import type { Logger } from '#platform/log/logger'
import {
  TopologyMismatch,
  type Broker,
  type Consumer,
  type Consumption,
  type Delivery,
  type QueueSize,
  type Topology,
} from './broker.ts'
import { createAcknowledgements, type Acknowledgements } from './acknowledge.ts'
import { inTime } from '#platform/process/in-time'
import { end } from './end.ts'
import { createPublisher } from './publisher.ts'
import { keepChannel, keepConnection, type Kept } from './keep-open.ts'

export interface RabbitMqOptions {
  /** One URL, or those of a cluster's nodes separated by commas. */
  url: string
  /** Shown in RabbitMQ's management pages. */
  name: string
  log: Logger
}

/**
 * RabbitMQ 3.10 to 4.x over AMQP 0.9.1. Publishing and consuming have a connection each, because a broker in alarm
 * blocks whole connections that publish. Connects in the background; waits for the broker where it is needed.
 */
export function createRabbitMq({ url, name, log }: RabbitMqOptions): Broker {
  const urls = url.split(',').map((part) => part.trim())
  const listeners = new Set<() => void>()
  let blocked = false
  const publishing = keepConnection(urls, `${name} publishing`, log, (state) => {
    blocked = state === 'blocked'
    if (blocked) log.warn('RabbitMQ is short of memory or disk and takes no messages')
    if (state === 'open') for (const listener of listeners) listener()
  })
  let consuming: Kept<ChannelModel> | undefined
  const publisher = createPublisher(
    keepChannel<ConfirmChannel>(publishing, 'publish', log, (model) => model.createConfirmChannel()),
  )
  const consumers = new Set<Consumer>()

  return {
    publish: publisher.publish,
    get publishingPaused() {
      return blocked || publishing.current === undefined
    },
    onConnect(listener) {
      listeners.add(listener)
      if (publishing.current) listener()
      return () => void listeners.delete(listener)
    },
    declare: (topology) => onOwnChannel(publishing, (channel) => declareOn(channel, topology)),
    unbind: (bindings) =>
      onOwnChannel(
        publishing,
        async (channel) => {
          for (const { queue, exchange } of bindings) await channel.unbindQueue(queue, exchange, '')
        },
        UNBIND_MS,
      ).catch(unlessMissing),
    depth: (queue) =>
      onOwnChannel(publishing, (channel) => channel.checkQueue(queue)).then(
        ({ messageCount }) => messageCount,
        unlessMissing,
      ),
    async sizes(queues) {
      const sizes = new Map<string, QueueSize>()
      // A refusal closes the channel: the rest are asked over the next one.
      const rest = [...queues]
      while (rest.length > 0)
        await onOwnChannel(publishing, async (channel) => {
          for (let queue = rest.shift(); queue !== undefined; queue = rest.shift()) {
            const { messageCount, consumerCount } = await inTime(channel.checkQueue(queue), SIZE_MS)
            sizes.set(queue, { messages: messageCount, consumers: consumerCount })
          }
        }).catch(() => {})
      return sizes
    },
    hasExchange: (exchange) =>
      onOwnChannel(publishing, (channel) => channel.checkExchange(exchange)).then(
        () => true,
        (error) => unlessMissing(error) ?? false,
      ),
    destroy: (topology) => untilAnswered(() => onOwnChannel(publishing, (channel) => deleteOn(channel, topology))),
    async consume(consumption) {
      consuming ??= keepConnection(urls, `${name} consuming`, log, () => {})
      const consumer = await startConsumer(consuming, consumption, log)
      consumers.add(consumer)
      return consumer
    },
    async close() {
      for (const consumer of consumers) await consumer.close()
      await publisher.close()
      await Promise.all([publishing.close(), consuming?.close()])
    },
  }
}

async function startConsumer(connection: Kept<ChannelModel>, consumption: Consumption, log: Logger): Promise<Consumer> {
  const { queue, topology, prefetch, onDelivery, onCancelled, onLost } = consumption
  let started = false
  let fail!: (error: Error) => void
  const failed = new Promise<never>((_, reject) => (fail = reject))
  failed.catch(() => {})
  const channel = keepChannel<Channel>(
    connection,
    queue,
    log,
    (model) => model.createChannel(),
    async (opened) => {
      opened.once('close', onLost)
      try {
        await declareOn(opened, topology)
      } catch (error) {
        if (error instanceof TopologyMismatch && !started) fail(error)
        throw error
      }
      await opened.prefetch(prefetch)
      const acknowledgements = createAcknowledgements(opened)
      await opened.consume(queue, (message) => {
        // The broker cancels a consumer when its queue is deleted or moves, and after a consumer timeout: subscribe again.
        if (message !== null) return onDelivery(toDelivery(acknowledgements, message))
        onCancelled?.()
        void end(opened)
      })
    },
  )
  await Promise.race([channel.get(), failed]).catch(async (error) => {
    await channel.close()
    throw error
  })
  started = true
  return channel
}

function toDelivery(acknowledgements: Acknowledgements, message: ConsumeMessage): Delivery {
  const { content, fields, properties } = message
  acknowledgements.expect(message)
  const headers = (properties.headers ?? {}) as Record<string, unknown>
  return {
    body: content,
    messageId: properties.messageId as string | undefined,
    contentType: properties.contentType as string | undefined,
    headers,
    exchange: fields.exchange,
    routingKey: fields.routingKey,
    deliveryCount: Number(headers['x-delivery-count'] ?? (fields.redelivered ? 1 : 0)),
    ack: () => acknowledgements.ack(message),
    requeue: () => acknowledgements.requeue(message),
  }
}

function unlessMissing(error: unknown): undefined {
  if ((error as { code?: number }).code !== 404) throw error
}

/** Milliseconds until a broker's silence counts as a refusal: a queue without a majority never answers. */
const ANSWER_MS = 5_000
/** Whoever takes a queue out of the way is in a hurry. */
const UNBIND_MS = 1_000

/** Of a queue whose size is asked for. */
const SIZE_MS = 500

/** Runs something on a channel of its own, because a refusal by the broker closes the channel. */
async function onOwnChannel<T>(
  connection: Kept<ChannelModel>,
  run: (channel: Channel) => Promise<T>,
  answerMs = ANSWER_MS,
): Promise<T> {
  const channel = await inTime((await connection.get()).createChannel(), answerMs)
  channel.on('error', () => {})
  try {
    const result = await inTime(run(channel), answerMs)
    await end(channel)
    return result
  } catch (error) {
    void end(channel) // one that waits for a silent queue may never close
    throw error
  }
}

/** Asks again what may be done twice, after a lost connection or a late answer. @throws the last error, after about 6 s of them */
async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  for (let pauseMs = 100; ; pauseMs *= 2) {
    try {
      return await ask()
    } catch (error) {
      if (pauseMs > 3_200) throw error
      await wait(pauseMs)
    }
  }
}

async function deleteOn(channel: Channel, { queues, exchanges }: Topology): Promise<void> {
  for (const { name } of queues) await channel.deleteQueue(name)
  for (const exchange of exchanges) await channel.deleteExchange(exchange)
}

async function declareOn(channel: Channel, { exchanges, queues, bindings }: Topology): Promise<void> {
  try {
    await Promise.all(exchanges.map((exchange) => channel.assertExchange(exchange, 'fanout', { durable: true })))
    await Promise.all(
      queues.map((queue) => channel.assertQueue(queue.name, { durable: true, arguments: queue.arguments })),
    )
    await Promise.all(bindings.map(({ queue, exchange }) => channel.bindQueue(queue, exchange, '')))
  } catch (cause) {
    const { code, message } = cause as { code?: number; message: string }
    if (code !== 406) throw cause
    const detail = /PRECONDITION_FAILED - ([^"]+)/.exec(message)?.[1] ?? message
    throw new TopologyMismatch(
      `RabbitMQ already has this queue or exchange with other properties (${detail}). Move its messages to a queue with the new properties as docs/operations.md describes ("Changing a queue's arguments"), or delete it if it is empty.`,
      { cause },
    )
  }
}
