// The common way: commit, then publish; commit, then acknowledge. One transaction per message.
import { openBroker } from './amqp.mjs'
import { answer, confirm, insertOrder, inTransaction, openPool, REACTIONS } from './tables.mjs'

export async function producer() {
  const pool = openPool(16)
  const { publish } = await openBroker()
  return async (id) => {
    await pool.query(insertOrder(id))
    await publish('placed', { id })
  }
}

export async function worker() {
  const pool = openPool(20)
  const { publish, consume } = await openBroker()
  for (const reaction of REACTIONS)
    await consume(reaction, async ({ id }) => {
      if (await inTransaction(pool, (client) => answer(client, id, reaction))) await publish('confirmed', { id })
    })
  await consume('confirm', ({ id }) => inTransaction(pool, (client) => confirm(client, id)))
}
