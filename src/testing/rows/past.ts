import { makePartition, makePartitions } from '../../messaging/event-store/partitions/make-partitions.ts'
import { leastId } from '../../messaging/event-store/partitions/partitions.ts'
import type { TestDatabase } from './database.ts'
import { endFirstPartition } from './partitions.ts'

const DAY_MS = 86_400_000
export const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS)

/** The reaction that has handled what `storePast` stores. */
export const PAST_REACTION = 'test.handle'

/**
 * Sixty days of the past: a stream a day of three events, an hour apart, handled by a reaction; a partition `old` that ends 30 days
 * ago, and one that goes on. One delivery had been dead, one is discarded.
 */
export async function storePast(database: TestDatabase): Promise<void> {
  const { db } = database
  await endFirstPartition(database, daysAgo(50))
  await makePartition(db, { name: 'old', from: leastId(daysAgo(50)), to: leastId(daysAgo(30)) })
  await makePartitions(db, 'month')
  await db.$executeRaw`
    INSERT INTO events (position, id, type, version, stream, stream_version, data, correlation_id, causation_id, traceparent, occurred_at)
    SELECT nextval('events_position_seq'), overlay(gen_random_uuid()::text placing left(event_id_at(at)::text, 13) from 1)::uuid,
      'order.placed', 1, 'thing-' || day, n, '{"amount": 12345678901234567890.10, "text": "ü\\n"}', 'thing-' || day,
      CASE WHEN n > 1 THEN gen_random_uuid() END, CASE WHEN n = 1 THEN '00-trace-01' END, at
    FROM generate_series(0, 59) AS day, generate_series(1, 3) AS n,
      LATERAL (SELECT ${daysAgo(60)}::timestamptz + day * interval '1 day' + n * interval '1 hour' AS at) AS moment ORDER BY day, n`
  await db.$executeRaw`INSERT INTO subscriptions VALUES (${PAST_REACTION}, 'order.placed', 0)`
  await db.$executeRaw`INSERT INTO handled_events SELECT id, ${PAST_REACTION}, occurred_at, 12, 1, 'test' FROM events WHERE position <> 40`
  await db.$executeRaw`
    INSERT INTO deliveries (id, reaction, event_id, event_type, state, reason, body, headers)
    SELECT id, ${PAST_REACTION}, id, type, CASE position WHEN 40 THEN 'discarded' ELSE 'resolved' END, 'unrecoverable', '\\xff00', '{"a": [1]}'
    FROM events WHERE position IN (40, 41, 179)`
  await db.$executeRaw`
    INSERT INTO delivery_history (reaction, event_id, delivery_id, what, instance)
    SELECT reaction, event_id, id, 'dead', 'test' FROM deliveries`
  await db.$executeRaw`INSERT INTO streams (stream, version) SELECT stream, count(*) FROM events GROUP BY stream`
  await db.$executeRaw`INSERT INTO relay_checkpoints SELECT 'relay', max(position) FROM events`
  await db.$executeRaw`UPDATE webhook_cursor SET position = (SELECT max(position) FROM events)`
  await db.$executeRaw`INSERT INTO reconcile_state (reaction, watermark) SELECT ${PAST_REACTION}, max(position) FROM events`
}

const TABLES = ['events', 'handled_events', 'deliveries', 'delivery_history', 'streams', 'archives']

/** Every row of every table that has to do with the past, as a checksum for each. */
export async function sumsOfPast({ db }: TestDatabase): Promise<Record<string, string>> {
  const sums: Record<string, string> = {}
  for (const table of TABLES) {
    const [row] = await db.$queryRawUnsafe<{ sum: string }[]>(
      `SELECT count(*) || ' ' || md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))) AS sum FROM ${table} t`,
    )
    sums[table] = row!.sum
  }
  return sums
}
