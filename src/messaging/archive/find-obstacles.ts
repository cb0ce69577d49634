import { z } from 'zod'
import { readRow, readRows, row, type Database, type Transaction } from '#platform/database'
import { Prisma } from '#prisma'
import { tablesOf, type Partition } from '../event-store/partitions/partitions.ts'
import { isOf } from './lines/row-lines.ts'

/** Of these streams, those that are not at their end: something may still come of them. */
export type OpenAmong = (streams: readonly string[]) => Promise<string[]>

/** Why others still need the events of a partition, the last of which has that position: a sentence for each reason. */
export type NeededBy = (db: Database | Transaction, partition: Partition, last: bigint) => Promise<string[]>

/** Why a partition cannot be archived now: a sentence for each reason, none when it can. Reads all of its events. */
export async function findObstacles(db: Database, partition: Partition, openAmong: OpenAmong): Promise<string[]> {
  const begun = await db.archive.findUnique({ where: { name: partition.name } })
  if (begun) return [`it came from ${begun.place}, which was not brought to its end: restore it again`]
  const quick = await findUnsettled(db, partition)
  return quick.length > 0
    ? quick
    : [...(await findUnanswered(db, partition)), ...(await findOpen(db, partition, openAmong))]
}

const Behind = row({ who: z.string(), position: z.bigint(), last: z.bigint() })
const Waiting = row({ reaction: z.string(), state: z.string(), count: z.int() })

/** What can be asked in a moment: how far everything is settled, and what PostgreSQL keeps. */
export async function findUnsettled(db: Database | Transaction, partition: Partition): Promise<string[]> {
  const table = Prisma.raw(tablesOf(partition.name).events)
  const behind = await readRows(
    db,
    Behind,
  )(Prisma.sql`
    SELECT who, reader.position, last.position AS last FROM (SELECT max(position) AS position FROM ${table}) AS last
    CROSS JOIN LATERAL (
      SELECT 'reconciliation of ' || reaction AS who, coalesce(watermark, 0) AS position
      FROM (SELECT DISTINCT reaction FROM subscriptions) AS subscribed LEFT JOIN reconcile_state USING (reaction)
      UNION ALL SELECT 'the relay', (SELECT coalesce(max(position), 0) FROM relay_checkpoints)
      UNION ALL SELECT 'the projection ' || name, position FROM projections
      UNION ALL SELECT 'the rebuild of ' || name, position FROM projection_shadows) AS reader
    WHERE reader.position < last.position ORDER BY who`)
  const waiting = await readRows(db, Waiting)`
    SELECT reaction, state, count(*)::int AS count FROM deliveries
    WHERE ${isOf(partition)} AND state IN ('retrying', 'blocked', 'held', 'dead') GROUP BY reaction, state ORDER BY reaction, state`
  return [
    ...behind.map(({ who, position, last }) => `${who} has come to position ${position}, and its events go to ${last}`),
    ...waiting.map(({ reaction, state, count }) => `${reaction} has ${count} of its events in state ${state}`),
  ]
}

const Unanswered = row({ reaction: z.string(), count: z.int() })

async function findUnanswered(db: Database, partition: Partition): Promise<string[]> {
  const { events, handled } = tablesOf(partition.name)
  const found = await readRows(
    db,
    Unanswered,
  )(Prisma.sql`
    SELECT s.reaction, count(*)::int AS count
    FROM ${Prisma.raw(events)} e JOIN subscriptions s ON s.event_type = e.type AND e.position > s.since
    WHERE NOT EXISTS (SELECT FROM ${Prisma.raw(handled)} h WHERE h.event_id = e.id AND h.reaction = s.reaction)
      AND NOT EXISTS (SELECT FROM deliveries d WHERE d.event_id = e.id AND d.reaction = s.reaction)
    GROUP BY s.reaction ORDER BY s.reaction`)
  return found.map(({ reaction, count }) => `${reaction} has not answered ${count} of its events`)
}

const StreamRow = row({ stream: z.string() })
const PAGE = 5_000

/** The streams that a partition has events of, page by page. */
export async function* streamsOf(db: Database, { name }: Pick<Partition, 'name'>): AsyncGenerator<string[]> {
  const table = Prisma.raw(tablesOf(name).events)
  for (let last = ''; ;) {
    const streams = await readRows(
      db,
      StreamRow,
    )(Prisma.sql`
      SELECT DISTINCT stream FROM ${table} WHERE stream > ${last} ORDER BY stream LIMIT ${PAGE}`)
    if (streams.length === 0) return
    yield streams.map(({ stream }) => stream)
    last = streams.at(-1)!.stream
  }
}

/** Asks page by page, and no more once one is open. */
async function findOpen(db: Database, partition: Partition, openAmong: OpenAmong): Promise<string[]> {
  for await (const streams of streamsOf(db, partition)) {
    const [open, ...more] = await openAmong(streams)
    if (open !== undefined)
      return [`${open}${more.length > 0 ? ` and ${more.length} or more others are` : ' is'} not at an end`]
  }
  return []
}

const Size = row({
  events: z.bigint(),
  first: z.bigint().nullable(),
  last: z.bigint().nullable(),
  handled: z.bigint(),
})

/** How many events a partition has, their first and last position, and how many handled rows. */
export function sizeOf(db: Database | Transaction, { name }: Pick<Partition, 'name'>) {
  const { events, handled } = tablesOf(name)
  return readRow(
    db,
    Size,
  )(Prisma.sql`
    SELECT count(*) AS events, min(position) AS first, max(position) AS last,
      (SELECT count(*) FROM ${Prisma.raw(handled)}) AS handled FROM ${Prisma.raw(events)}`)
}
