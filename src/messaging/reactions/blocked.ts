import type { Database } from '#platform/database'
import { Prisma } from '#prisma'
import type { Broker } from '../broker/broker.ts'
import type { Names } from '../broker/topology.ts'
import { CONTENT_TYPE, encode } from '../cloud-event.ts'
import type { StoredRow } from '../relay/read-events.ts'

export interface BlockedRuntime {
  db: Database
  broker: Broker
  names: Names
}

/**
 * Delivers blocked events of an ordered reaction again, straight to its queue and in order, where nothing before them in
 * their stream is an open dead letter any more. Their parking ends when they are handled; delivering them too often or
 * too early does no harm.
 * @param streams only these; all when left out
 * @returns how many were delivered
 */
export async function releaseBlocked(
  { db, broker, names }: BlockedRuntime,
  reaction: string,
  streams?: readonly string[],
): Promise<number> {
  const ofStreams = streams ? Prisma.sql`AND stream = ANY(${[...streams]})` : Prisma.empty
  const rows = await db.$queryRaw<StoredRow[]>`
    SELECT e.position, e.id, e.type, e.version, e.stream, e.stream_version AS "streamVersion", e.correlation_id AS "correlationId",
      e.causation_id AS "causationId", e.traceparent, e.occurred_at AS "time", e.data::text AS "dataJson"
    FROM (SELECT * FROM blocked_deliveries WHERE reaction = ${reaction} ${ofStreams} OFFSET 0) p
    JOIN events e ON e.id = p.event_id
    WHERE NOT EXISTS (SELECT FROM dead_letters l WHERE l.reaction = p.reaction AND l.status = 'open'
      AND coalesce(l.stream, '') = p.stream AND coalesce(l.stream_version, 0) < p.stream_version) -- as it is indexed
    ORDER BY e.position LIMIT 1000`
  const messages = rows.map((row) => ({
    exchange: '',
    routingKey: names.queue(reaction),
    messageId: row.id,
    type: row.type,
    contentType: CONTENT_TYPE,
    body: encode(row, row.dataJson),
  }))
  await broker.publish(messages)
  return rows.length
}
