import type { Channel, ConsumeMessage } from 'amqplib'

export type Acknowledgements = ReturnType<typeof createAcknowledgements>

/**
 * Acknowledges the deliveries of one channel with few frames: what is done up to the oldest delivery that is not goes in
 * one, and each acknowledgement is an entry in a quorum queue's log.
 */
export function createAcknowledgements(channel: Pick<Channel, 'ack' | 'nack'>) {
  const outstanding = new Map<number, ConsumeMessage>()
  const done = new Set<number>()

  const flush = () => {
    let last: ConsumeMessage | undefined
    for (const [tag, message] of outstanding) {
      if (!done.delete(tag)) break
      outstanding.delete(tag)
      last = message
    }
    if (last) onOpenChannel(() => channel.ack(last, true))
    for (const tag of done) {
      onOpenChannel(() => channel.ack(outstanding.get(tag)!))
      outstanding.delete(tag)
    }
    done.clear()
  }

  return {
    /** To be called with every delivery, in order of arrival. */
    expect(message: ConsumeMessage) {
      outstanding.set(message.fields.deliveryTag, message)
    },
    /** Together with all others of this turn of the event loop. */
    ack({ fields: { deliveryTag } }: ConsumeMessage) {
      if (!outstanding.has(deliveryTag)) return
      if (done.size === 0) queueMicrotask(flush)
      done.add(deliveryTag)
    },
    requeue(message: ConsumeMessage) {
      if (outstanding.delete(message.fields.deliveryTag)) onOpenChannel(() => channel.nack(message, false, true))
    },
  }
}

/** On a closed channel there is nothing to do: the message comes again, and the ledger knows it. */
function onOpenChannel(settle: () => void) {
  try {
    settle()
  } catch (error) {
    if ((error as Error).name !== 'IllegalOperationError') throw error
  }
}
