import type { HandleContext, RecordedOf } from '#messaging'
import { PeerConfirmed, type PeerPlaced } from './events.ts'

// The statements of bench/peers/tables.mjs.

type Transaction = HandleContext<unknown>['tx']
type Published = Pick<RecordedOf<typeof PeerPlaced>, 'data'>

const ANSWERS = 3

/** One effect and one answer; publishes the order when it was the last answer. */
export async function answer(tx: Transaction, orderId: string, reaction: string) {
  await tx.$executeRaw`INSERT INTO peer_effects (order_id, reaction, at) VALUES (${orderId}::uuid, ${reaction}, clock_timestamp())`
  const rows = await tx.$queryRaw<{ answers: number }[]>`
    UPDATE peer_orders SET answers = answers + 1 WHERE id = ${orderId}::uuid RETURNING answers`
  return rows[0]?.answers === ANSWERS ? PeerConfirmed({ orderId }) : null
}

/** The fourth effect. */
export async function confirm(tx: Transaction, orderId: string) {
  await tx.$executeRaw`INSERT INTO peer_effects (order_id, reaction, at) VALUES (${orderId}::uuid, 'confirm', clock_timestamp())`
  await tx.$executeRaw`UPDATE peer_orders SET status = 'confirmed' WHERE id = ${orderId}::uuid`
}

/** `answer` for many orders with one statement. */
export async function answerAll(tx: Transaction, events: readonly Published[], reaction: string) {
  const ids = events.map(({ data }) => data.orderId)
  const rows = await tx.$queryRaw<{ id: string; answers: number }[]>`
    WITH asked AS (SELECT unnest(${ids}::uuid[]) AS id),
    effects AS (INSERT INTO peer_effects (order_id, reaction, at) SELECT id, ${reaction}, clock_timestamp() FROM asked),
    locked AS MATERIALIZED (SELECT o.id FROM peer_orders o JOIN asked USING (id) ORDER BY o.id FOR UPDATE OF o)
    UPDATE peer_orders o SET answers = answers + 1 FROM locked WHERE o.id = locked.id RETURNING o.id, answers`
  const complete = new Set(rows.filter(({ answers }) => answers === ANSWERS).map(({ id }) => id))
  return ids.map((orderId) => (complete.has(orderId) ? PeerConfirmed({ orderId }) : null))
}

/** `confirm` for many orders with one statement. */
export async function confirmAll(tx: Transaction, events: readonly Published[]) {
  const ids = events.map(({ data }) => data.orderId)
  await tx.$executeRaw`
    WITH asked AS (SELECT unnest(${ids}::uuid[]) AS id),
    effects AS (INSERT INTO peer_effects (order_id, reaction, at) SELECT id, 'confirm', clock_timestamp() FROM asked)
    UPDATE peer_orders SET status = 'confirmed' FROM asked WHERE peer_orders.id = asked.id`
  return ids.map(() => null)
}
