// RabbitMQ by amqplib, for the peers that use it by hand: a fanout exchange per fact, a queue per reaction.
import { connect } from 'amqplib'
import { REACTIONS } from './tables.mjs'

const name = (of) => `${process.env.PREFIX}.${of}`

/** @param quorum queues that are replicated, in place of classic ones @param confirms publishing waits for the broker */
export async function openBroker({ quorum, confirms }) {
  const connection = await connect(process.env.RABBITMQ_URL, { noDelay: true })
  const channel = await (confirms ? connection.createConfirmChannel() : connection.createChannel())
  const options = { durable: true, arguments: quorum ? { 'x-queue-type': 'quorum' } : {} }
  for (const fact of ['placed', 'confirmed']) await channel.assertExchange(name(fact), 'fanout', { durable: true })
  for (const reaction of [...REACTIONS, 'confirm']) {
    await channel.assertQueue(name(reaction), options)
    await channel.bindQueue(name(reaction), name(reaction === 'confirm' ? 'confirmed' : 'placed'), '')
  }
  return {
    /** @returns when the broker has it, or at once without confirms */
    publish: (fact, message) =>
      new Promise((resolve, reject) => {
        const content = Buffer.from(JSON.stringify(message))
        if (!confirms) return resolve(channel.publish(name(fact), '', content, { persistent: true }))
        channel.publish(name(fact), '', content, { persistent: true }, (error) => (error ? reject(error) : resolve()))
      }),
    /** Acknowledges a message when `handle` has resolved. */
    async consume(reaction, prefetch, handle) {
      const own = await connection.createChannel()
      await own.prefetch(prefetch)
      await own.consume(name(reaction), async (message) => {
        await handle(JSON.parse(message.content))
        own.ack(message)
      })
    },
  }
}
