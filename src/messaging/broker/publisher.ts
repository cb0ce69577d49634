import type { ConfirmChannel, Message } from 'amqplib'
import { crashPoint } from '../crash-points.ts'
import { Unconfirmed, type Outgoing } from './broker.ts'
import type { Kept } from './keep-open.ts'

/** Milliseconds to wait for the broker's confirms. A blocked connection gives no error, they just do not come. */
const CONFIRM_TIMEOUT = 10_000

/** Publishing with confirms and `mandatory`, many messages in flight at once. */
export function createPublisher(kept: Kept<ConfirmChannel>) {
  const returned = new Map<string, Set<Set<string>>>()
  const watched = new WeakSet<ConfirmChannel>()

  /** The broker returns an unroutable message before it confirms it. */
  const watch = (channel: ConfirmChannel) => {
    if (watched.has(channel)) return
    watched.add(channel)
    channel.on('return', ({ properties }: Message) => {
      const id = String(properties.messageId)
      for (const unroutable of returned.get(id) ?? []) unroutable.add(id)
    })
  }

  return {
    async publish(messages: readonly Outgoing[]): Promise<ReadonlySet<string>> {
      const unroutable = new Set<string>()
      if (messages.length === 0) return unroutable
      const channel = await kept.get()
      watch(channel)
      for (const { messageId } of messages)
        returned.set(messageId, (returned.get(messageId) ?? new Set()).add(unroutable))
      try {
        await publishAll(channel, messages)
      } finally {
        for (const { messageId } of messages) forget(returned, messageId, unroutable)
      }
      return unroutable
    },
    close: () => kept.close(),
  }
}

function forget(returned: Map<string, Set<Set<string>>>, messageId: string, unroutable: Set<string>) {
  const waiting = returned.get(messageId)
  waiting?.delete(unroutable)
  if (waiting?.size === 0) returned.delete(messageId)
}

function publishAll(channel: ConfirmChannel, messages: readonly Outgoing[]): Promise<void> {
  return new Promise((resolve, reject) => {
    let missing = messages.length
    const give = (reason: string, cause?: unknown) => {
      clearTimeout(timer)
      reject(new Unconfirmed(`${missing} of ${messages.length} messages are not confirmed: ${reason}`, { cause }))
    }
    const timer = setTimeout(() => give(`no confirm within ${CONFIRM_TIMEOUT} ms`), CONFIRM_TIMEOUT)
    const confirmed = (error: unknown) => {
      crashPoint('publisher.before-confirm')
      if (error) return give(error instanceof Error ? error.message : 'refused by the broker', error)
      if (--missing > 0) return
      clearTimeout(timer)
      resolve()
    }
    try {
      for (const { exchange, routingKey, body, ...properties } of messages) {
        channel.publish(exchange, routingKey, body, { ...properties, persistent: true, mandatory: true }, confirmed)
      }
    } catch (error) {
      give((error as Error).message, error) // the channel closed under our hands
    }
  })
}
