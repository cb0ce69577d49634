// RabbitMQ by amqplib, for the peers that use it by hand: a fanout exchange per fact, a replicated queue per reaction,
// persistent messages, and publishing that waits for the broker.
import { connect } from 'amqplib'
import { REACTIONS } from './tables.mjs'

const PREFETCH = 50
const name = (of) => `${process.env.PREFIX}.${of}`

export async function openBroker() {
  const connection = await connect(process.env.RABBITMQ_URL, { noDelay: true })
  const channel = await connection.createConfirmChannel()
  for (const fact of ['placed', 'confirmed']) await channel.assertExchange(name(fact), 'fanout', { durable: true })
  for (const reaction of [...REACTIONS, 'confirm']) {
    await channel.assertQueue(name(reaction), { durable: true, arguments: { 'x-queue-type': 'quorum' } })
    await channel.bindQueue(name(reaction), name(reaction === 'confirm' ? 'confirmed' : 'placed'), '')
  }
  return {
    /** @returns when the broker has it */
    publish: (fact, message) =>
      new Promise((resolve, reject) => {
        const content = Buffer.from(JSON.stringify(message))
        channel.publish(name(fact), '', content, { persistent: true }, (error) => (error ? reject(error) : resolve()))
      }),
    /** Acknowledges a message when `handle` has resolved. */
    async consume(reaction, handle) {
      const own = await connection.createChannel()
      await own.prefetch(PREFETCH)
      await own.consume(name(reaction), async (message) => {
        await handle(JSON.parse(message.content))
        own.ack(message)
      })
    },
  }
}
