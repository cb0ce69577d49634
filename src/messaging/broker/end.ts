import type { Channel, ChannelModel } from 'amqplib'

/**
 * Closes a channel or a connection, and resolves when it is closed, whoever did it. amqplib's own `close` waits for the broker's
 * consent for ever when the connection breaks meanwhile; the event comes all the same.
 */
export function end(opened: Channel | ChannelModel): Promise<void> {
  return new Promise((resolve) => {
    opened.once('close', () => resolve())
    opened.close().then(resolve, () => resolve())
  })
}
