import type { ConfirmChannel } from 'amqplib'
import { toEverybody } from '../../src/messaging/relay/event-to-message.ts'
import { readEvents } from '../../src/messaging/relay/reading/read-events.ts'
import type { Environment } from '../environment/environment.ts'
import type { Messaging } from '../environment/messaging.ts'

/** Unconfirmed at once; more makes the broker no faster. */
export const WINDOW = 2_000

/** A message as the relay makes it. */
type Ready = ReturnType<typeof toEverybody>

/** amqplib alone, with confirms. */
export async function openPublisher({ amqp }: Environment, { db, names }: Messaging) {
  const channel = await amqp.createConfirmChannel()
  return {
    /** So many stored events after a position, ready to be published. */
    async read(after: bigint, count: number) {
      const { rows } = await readEvents(db, after, count)
      return { messages: rows.map((row) => toEverybody(row, names)), last: rows.at(-1)?.position }
    },
    /** So many messages, those given in turns. @returns seconds from the first publish to the last confirm */
    publish: (messages: readonly Ready[], count: number) => publish(channel, messages, count),
  }
}

function publish(channel: ConfirmChannel, messages: readonly Ready[], count: number): Promise<number> {
  const began = performance.now()
  let sent = 0
  let confirmed = 0
  return new Promise((resolve, reject) => {
    const fill = () => {
      while (sent < count && sent - confirmed < WINDOW) {
        const { exchange, routingKey, body, ...properties } = messages[sent++ % messages.length]!
        channel.publish(exchange, routingKey, body, { ...properties, persistent: true, mandatory: true }, onConfirm)
      }
    }
    const onConfirm = (error: unknown) => {
      if (error) return reject(error instanceof Error ? error : new Error('refused by the broker'))
      if (++confirmed === count) resolve((performance.now() - began) / 1_000)
      else if (sent - confirmed <= WINDOW / 2) fill()
    }
    fill()
  })
}
