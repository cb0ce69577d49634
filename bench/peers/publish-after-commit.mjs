// The common way: commit, then publish; commit, then acknowledge. One transaction per message.
import { openBroker } from './amqp.mjs'
import { answer, confirm, insertOrder, inTransaction, openPool, REACTIONS } from './tables.mjs'

// The default is that of RabbitMQ's tutorial on work queues: durable, persistent, one message at a time, no confirms.
const SETTINGS = {
  default: { quorum: false, confirms: false, prefetch: 1 },
  tuned: { quorum: true, confirms: true, prefetch: 50 },
}

export async function producer(configuration) {
  const pool = openPool(16)
  const { publish } = await openBroker(SETTINGS[configuration])
  return async (id) => {
    await pool.query(insertOrder(id))
    await publish('placed', { id })
  }
}

export async function worker(configuration) {
  const pool = openPool(20)
  const { publish, consume } = await openBroker(SETTINGS[configuration])
  const { prefetch } = SETTINGS[configuration]
  for (const reaction of REACTIONS)
    await consume(reaction, prefetch, async ({ id }) => {
      if (await inTransaction(pool, (client) => answer(client, id, reaction))) await publish('confirmed', { id })
    })
  await consume('confirm', prefetch, ({ id }) => inTransaction(pool, (client) => confirm(client, id)))
}
