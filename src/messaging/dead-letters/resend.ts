import type { Database } from '#platform/database'
import type { Broker } from '../broker/broker.ts'
import type { Names } from '../broker/topology.ts'
import { toMessage, type Claimed } from './claim.ts'
import { DIED_AGAIN, HANDLED } from './selector.ts'

interface Resending {
  db: Database
  broker: Broker
  names: Names
  signal?: AbortSignal
}

/** Bodies may be large. */
const BATCH = 20

/**
 * Sends redriven messages again that only their dead letter still has: edited copies and messages that came by hand are
 * not in the event store, so nothing else could bring them back when the broker has lost them. One that was not lost
 * after all is known by its event, or by its parent if it dies.
 * @param silentMs only those redriven at least so long ago, of which nothing is known since
 * @returns how many were sent
 */
export async function resendLost(
  { db, broker, names, signal }: Resending,
  reaction: string,
  silentMs: number,
): Promise<number> {
  let sent = 0
  const [{ until }] = await db.$queryRaw<[{ until: Date }]>`
    SELECT clock_timestamp() - ${silentMs}::float8 * interval '1 ms' AS until`
  for (let batch = BATCH; batch === BATCH && !signal?.aborted; sent += batch) {
    batch = await db.$transaction(async (tx) => {
      const rows = await tx.$queryRaw<Claimed[]>`
        WITH lost AS (
          SELECT d.id FROM dead_letters d
          WHERE d.status = 'redriven' AND d.reaction = ${reaction} AND NOT ${HANDLED} AND NOT ${DIED_AGAIN}
            AND NOT EXISTS (SELECT FROM events e WHERE e.id = d.event_id)
            AND d.closed_at < ${until}
            AND NOT EXISTS (SELECT FROM delivery_failures f WHERE f.event_id = d.event_id AND f.reaction = d.reaction
              AND f.retry_at > ${until})
          ORDER BY d.id LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
        )
        UPDATE dead_letters d SET closed_at = clock_timestamp() FROM lost WHERE d.id = lost.id
        RETURNING d.id, d.event_id AS "eventId", d.event_type AS "eventType", d.content_type AS "contentType", d.exchange,
          d.routing_key AS "routingKey", d.headers, d.body, false AS handled`
      const messages = rows.map((row) => toMessage({ ...row, body: Buffer.from(row.body) }, reaction, names))
      const unroutable = await broker.publish(messages)
      if (unroutable.size > 0) throw new Error(`${names.queue(reaction)} is gone from RabbitMQ`)
      return rows.length
    })
  }
  return sent
}
