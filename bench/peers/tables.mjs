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
