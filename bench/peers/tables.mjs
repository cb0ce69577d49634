// What every peer writes: an order, three effects by three reactions, and a fourth when all three have answered. The
// effects have no unique key on purpose: what happens twice is to be seen.
import pg from 'pg'

export const REACTIONS = ['stock', 'payment', 'fraud']

export const openPool = (max = 10) => new pg.Pool({ connectionString: process.env.DATABASE_URL, max })

/** @returns what inserts an order: a statement and its values */
export const insertOrder = (id) => ({ name: 'place', text: 'INSERT INTO peer_orders (id) VALUES ($1)', values: [id] })

/** Writes one effect in the caller's transaction. @returns true when it was the last of the three answers */
export async function answer(client, id, reaction) {
  await client.query({ name: 'effect', text: EFFECT, values: [id, reaction] })
  const { rows } = await client.query({ name: 'answer', text: ANSWER, values: [id] })
  return rows[0]?.answers === REACTIONS.length
}

/** The fourth effect. */
export async function confirm(client, id) {
  await client.query({ name: 'effect', text: EFFECT, values: [id, 'confirm'] })
  await client.query({ name: 'confirm', text: CONFIRM, values: [id] })
}

const EFFECT = 'INSERT INTO peer_effects (order_id, reaction, at) VALUES ($1, $2, clock_timestamp())'
const ANSWER = 'UPDATE peer_orders SET answers = answers + 1 WHERE id = $1 RETURNING answers'
const CONFIRM = "UPDATE peer_orders SET status = 'confirmed' WHERE id = $1"

/** `answer` for many orders with one statement. @returns the ids of those whose last answer this was */
export async function answerAll(client, ids, reaction) {
  const { rows } = await client.query({ text: ANSWER_ALL, values: [ids, reaction] })
  return rows.filter(({ answers }) => answers === REACTIONS.length).map(({ id }) => id)
}

/** `confirm` for many orders with one statement. */
export const confirmAll = (client, ids) => client.query({ text: CONFIRM_ALL, values: [ids] })

// The orders are locked in one order, so that two reactions never wait for each other.
const ANSWER_ALL = `
WITH asked AS (SELECT unnest($1::uuid[]) AS id),
effects AS (INSERT INTO peer_effects (order_id, reaction, at) SELECT id, $2, clock_timestamp() FROM asked),
locked AS MATERIALIZED (SELECT o.id FROM peer_orders o JOIN asked USING (id) ORDER BY o.id FOR UPDATE OF o)
UPDATE peer_orders o SET answers = answers + 1 FROM locked WHERE o.id = locked.id RETURNING o.id, answers`
const CONFIRM_ALL = `
WITH asked AS (SELECT unnest($1::uuid[]) AS id),
effects AS (INSERT INTO peer_effects (order_id, reaction, at) SELECT id, 'confirm', clock_timestamp() FROM asked)
UPDATE peer_orders SET status = 'confirmed' FROM asked WHERE peer_orders.id = asked.id`

export async function inTransaction(pool, work) {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    const result = await work(client)
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {})
    throw error
  } finally {
    client.release()
  }
}
