import type { ConfirmChannel, Message } from 'amqplib'
import { inTime } from '#platform/process/in-time'
import { crashPoint } from '../crash-points.ts'
import { Unconfirmed, type Answers, type Outgoing } from './broker.ts'
import type { Kept } from './keep-open.ts'

/** A blocked connection gives no error, the confirms just do not come. */
const SILENCE_MS = 10_000

interface Batch extends Answers {
  unconfirmed: Set<string>
  unroutable: Set<string>
  isLost: boolean
}

/** Publishing with confirms and `mandatory`, many messages in flight at once. */
export function createPublisher(kept: Kept<ConfirmChannel>) {
  /** Who waits for the answer on a message, by its place and id. */
  const returned = new Map<string, Set<Batch>>()
  const watched = new WeakSet<ConfirmChannel>()

  /** The broker returns an unroutable message before it confirms it. */
  const watch = (channel: ConfirmChannel) => {
    if (watched.has(channel)) return
    watched.add(channel)
    channel.on('return', ({ fields, properties }: Message) => {
      const messageId = String(properties.messageId)
      for (const batch of returned.get(keyOf({ ...fields, messageId })) ?? []) batch.unroutable.add(messageId)
    })
  }

  return {
    async publish(messages: readonly Outgoing[], { silenceMs = SILENCE_MS } = {}): Promise<ReadonlySet<string>> {
      const unconfirmed = new Set(messages.map(({ messageId }) => messageId))
      const batch: Batch = { unconfirmed, unroutable: new Set(), isLost: false }
      if (messages.length === 0) return batch.unroutable
      const channel = await inTime(kept.get(), silenceMs).catch((cause: Error) => {
        throw new Unconfirmed(`nothing was published: ${cause.message}`, { ...batch, isLost: true }, { cause })
      })
      watch(channel)
      for (const each of messages) {
        const key = keyOf(each)
        returned.set(key, (returned.get(key) ?? new Set()).add(batch))
      }
      const onAllAnswered = () => {
        for (const each of messages) forget(returned, keyOf(each), batch)
      }
      await publishAll(channel, { messages, batch, silenceMs, onAllAnswered })
      return batch.unroutable
    },
    close: () => kept.close(),
  }
}

const keyOf = ({ exchange, routingKey, messageId }: Pick<Outgoing, 'exchange' | 'routingKey' | 'messageId'>) =>
  `${exchange} ${routingKey} ${messageId}`

function forget(returned: Map<string, Set<Batch>>, key: string, batch: Batch) {
  const waiting = returned.get(key)
  waiting?.delete(batch)
  if (waiting?.size === 0) returned.delete(key)
}

interface Publishing {
  messages: readonly Outgoing[]
  batch: Batch
  silenceMs: number
  /** Called when no answer can come any more; that may be long after the wait has ended. */
  onAllAnswered: () => void
}

function publishAll(channel: ConfirmChannel, { messages, batch, silenceMs, onAllAnswered }: Publishing) {
  return new Promise<void>((resolve, reject) => {
    let missing = messages.length
    let timed = true
    const give = (reason: string, cause?: unknown) => {
      timed = false
      clearTimeout(timer)
      const sentence = `${batch.unconfirmed.size} of ${messages.length} messages are not confirmed: ${reason}`
      reject(new Unconfirmed(sentence, batch, { cause }))
    }
    const timer = setTimeout(() => give(`no answer within ${silenceMs} ms`), silenceMs)
    let refusal: Error | undefined
    const answered = (messageId: string, error: Error | null) => {
      crashPoint('publisher.before-confirm')
      if (!error) batch.unconfirmed.delete(messageId)
      else if (!isRefusal(error)) batch.isLost = true
      refusal ??= error ?? undefined
      if (--missing > 0) return void (timed && timer.refresh())
      onAllAnswered()
      if (refusal) return give(isRefusal(refusal) ? 'refused by the broker' : refusal.message, refusal)
      clearTimeout(timer)
      resolve()
    }
    try {
      for (const { exchange, routingKey, body, ...properties } of messages) {
        const options = { ...properties, persistent: true, mandatory: true }
        channel.publish(exchange, routingKey, body, options, (error: Error | null) =>
          answered(properties.messageId, error),
        )
      }
    } catch (error) {
      batch.isLost = true // the channel closed under our hands
      onAllAnswered()
      give((error as Error).message, error)
    }
  })
}

/** As amqplib says that the broker has answered with `basic.nack`. */
const isRefusal = ({ message }: Error) => message === 'message nacked'
