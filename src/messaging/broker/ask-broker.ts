import { connect, type ChannelModel } from 'amqplib'
import { inTime } from '#platform/process/in-time'

/** Milliseconds until an answer counts as none. */
const ANSWER_MS = 800

/** Asks RabbitMQ whether it answers, over a connection of its own that is opened when somebody asks first, and again when it broke. */
export function createBrokerProbe(url: string): { ask(): Promise<string>; close(): Promise<void> } {
  const urls = url.split(',').map((part) => part.trim())
  let opened: Promise<ChannelModel> | undefined
  const forget = () => (opened = undefined)
  const open = async () => {
    const model = await connectToOne(urls)
    model.on('error', forget)
    model.on('close', forget)
    return model
  }
  return {
    /** A round trip by AMQP. @returns who answered, such as `RabbitMQ 4.1.0` */
    async ask() {
      opened ??= open()
      try {
        const model = await inTime(opened, ANSWER_MS)
        await inTime(
          model.createChannel().then((channel) => channel.close()),
          ANSWER_MS,
        )
        const { product, version } = model.connection.serverProperties
        return `${String(product)} ${String(version)}`
      } catch (error) {
        opened?.then((model) => model.close()).catch(() => {}) // the next one who asks opens another
        forget()
        throw error
      }
    },
    async close() {
      await opened?.then((model) => model.close()).catch(() => {})
    },
  }
}

/** Of the nodes of a cluster one is enough. @throws what the last one said */
async function connectToOne(urls: readonly string[]): Promise<ChannelModel> {
  let failure: unknown
  for (const url of urls) {
    try {
      return await connect(url, { timeout: ANSWER_MS, clientProperties: { connection_name: 'fanfare health' } })
    } catch (error) {
      failure = error
    }
  }
  throw failure
}
