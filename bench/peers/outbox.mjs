// A plain worker with one transaction per message, made safe by hand: what is to be published stands in an outbox that
// commits with the order or the effect; a relay publishes it; an inbox knows what was handled.
import { setTimeout as wait } from 'node:timers/promises'
import { openBroker } from './amqp.mjs'
import { answer, confirm, insertOrder, inTransaction, openPool, REACTIONS } from './tables.mjs'

const BROKER = { quorum: true, confirms: true }
const SETTINGS = {
  default: { prefetch: 1, read: 100, pollMs: 100 },
  tuned: { prefetch: 50, read: 500, pollMs: 5 },
}

// Created by whoever comes first; two at once trip over each other without the lock.
const TABLES = `
SELECT pg_advisory_xact_lock(1);
CREATE TABLE IF NOT EXISTS peer_outbox (n bigserial PRIMARY KEY, fact text NOT NULL, order_id uuid NOT NULL);
CREATE TABLE IF NOT EXISTS peer_inbox (message bigint, reaction text, PRIMARY KEY (message, reaction))`

async function open(size) {
  const pool = openPool(size)
  await pool.query(TABLES)
  return pool
}

const announce = (client, fact, id) =>
  client.query({
    name: 'announce',
    text: 'INSERT INTO peer_outbox (fact, order_id) VALUES ($1, $2)',
    values: [fact, id],
  })

export async function producer() {
  const pool = await open(16)
  return (id) =>
    inTransaction(pool, async (client) => {
      await client.query(insertOrder(id))
      await announce(client, 'placed', id)
    })
}

export async function relay(configuration) {
  const pool = await open(1)
  const { publish } = await openBroker(BROKER)
  const { read, pollMs } = SETTINGS[configuration]
  const pass = (client) => publishSome(client, publish, read)
  const forever = async () => {
    for (;;) if ((await inTransaction(pool, pass)) < read) await wait(pollMs)
  }
  void forever()
}

async function publishSome(client, publish, read) {
  const { rows } = await client.query({
    name: 'read',
    text: 'SELECT * FROM peer_outbox ORDER BY n LIMIT $1',
    values: [read],
  })
  await Promise.all(rows.map(({ n, fact, order_id: id }) => publish(fact, { n, id })))
  const published = rows.map(({ n }) => n)
  await client.query({ name: 'drop', text: 'DELETE FROM peer_outbox WHERE n = ANY($1::bigint[])', values: [published] })
  return rows.length
}

export async function worker(configuration) {
  const pool = await open(20)
  const { consume } = await openBroker(BROKER)
  const { prefetch } = SETTINGS[configuration]
  const once = (reaction, handle) =>
    consume(reaction, prefetch, ({ n, id }) =>
      inTransaction(pool, async (client) => {
        if (await isNew(client, n, reaction)) await handle(client, id)
      }),
    )
  for (const reaction of REACTIONS)
    await once(reaction, async (client, id) => {
      if (await answer(client, id, reaction)) await announce(client, 'confirmed', id)
    })
  await once('confirm', confirm)
}

async function isNew(client, message, reaction) {
  const text = 'INSERT INTO peer_inbox VALUES ($1, $2) ON CONFLICT DO NOTHING'
  return (await client.query({ name: 'inbox', text, values: [message, reaction] })).rowCount === 1
}
