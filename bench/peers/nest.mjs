// NestJS microservices over RabbitMQ: publish after commit, a service per reaction behind a fanout exchange.
import 'reflect-metadata'
import { Controller, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ClientProxyFactory, Ctx, EventPattern, Payload, Transport } from '@nestjs/microservices'
import { lastValueFrom } from 'rxjs'
import { answer, confirm, insertOrder, inTransaction, openPool, REACTIONS } from './tables.mjs'

// By default a message is acknowledged as it is sent to the consumer, lies in memory only, and prefetch has no limit.
const SETTINGS = {
  default: {},
  tuned: {
    noAck: false,
    prefetchCount: 50,
    persistent: true,
    queueOptions: { durable: true, arguments: { 'x-queue-type': 'quorum' } },
  },
}

const options = (configuration, fact, more) => ({
  transport: Transport.RMQ,
  options: {
    urls: [process.env.RABBITMQ_URL],
    exchange: `${process.env.PREFIX}.${fact}`,
    exchangeType: 'fanout',
    ...SETTINGS[configuration],
    ...more,
  },
})

/** The replies of a client come without acknowledgement, whatever its messages do. */
async function openClient(configuration, fact) {
  const client = ClientProxyFactory.create(options(configuration, fact, { noAck: true }))
  await client.connect()
  return (id) => lastValueFrom(client.emit(fact, { id }), { defaultValue: undefined })
}

export async function producer(configuration) {
  const pool = openPool(16)
  const publish = await openClient(configuration, 'placed')
  return async (id) => {
    await pool.query(insertOrder(id))
    await publish(id)
  }
}

export async function worker(configuration) {
  const pool = openPool(20)
  const publish = await openClient(configuration, 'confirmed')
  for (const reaction of REACTIONS)
    await serve(configuration, reaction, 'placed', async (id) => {
      if (await inTransaction(pool, (client) => answer(client, id, reaction))) await publish(id)
    })
  await serve(configuration, 'confirm', 'confirmed', (id) => inTransaction(pool, (client) => confirm(client, id)))
}

async function serve(configuration, reaction, fact, handle) {
  const service = await NestFactory.createMicroservice(moduleOf(fact, handle, configuration === 'tuned'), {
    ...options(configuration, fact, { queue: `${process.env.PREFIX}.${reaction}` }),
    logger: ['error', 'warn'],
  })
  await service.listen()
}

/** What decorators would say, without a compiler. */
function moduleOf(fact, handle, acknowledges) {
  class Reaction {
    async react({ id }, context) {
      await handle(id)
      if (acknowledges) context.getChannelRef().ack(context.getMessage())
    }
  }
  Payload()(Reaction.prototype, 'react', 0)
  Ctx()(Reaction.prototype, 'react', 1)
  EventPattern(fact)(Reaction.prototype, 'react', Object.getOwnPropertyDescriptor(Reaction.prototype, 'react'))
  Controller()(Reaction)
  class Reactions {}
  Module({ controllers: [Reaction] })(Reactions)
  return Reactions
}
