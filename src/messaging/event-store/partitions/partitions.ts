import { z } from 'zod'
import { readRows, row, type Database, type Transaction } from '#platform/database'
import { Prisma } from '#prisma'
import { publishedBy } from '../../published-by.ts'

/** A range of event ids with a table of its own in `events` and one in `handled_events`. */
export interface Partition {
  /** What the names of its tables end in: the day from which it holds events, or `first`. */
  name: string
  /** The least id; null where there is no lower end. */
  from: string | null
  /** The first id that it does not hold. */
  to: string
}

const PartitionRow = row({ name: z.string(), from: z.string().nullable(), to: z.string() })

/** The partitions that are attached, oldest first, without the one for what no other takes. */
export function readPartitions(db: Database | Transaction): Promise<Partition[]> {
  return readRows(db, PartitionRow)`
    SELECT substr(relname, length('events_') + 1) AS name, bounds[1] AS "from", bounds[2] AS "to"
    FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    CROSS JOIN LATERAL regexp_match(pg_get_expr(relpartbound, pg_class.oid), ${BOUNDS}) AS bounds
    WHERE inhparent = 'events'::regclass AND bounds IS NOT NULL
    ORDER BY "to"`
}

/** A partition as it lies on the disk. */
export interface PartitionSize {
  name: string
  /** The end of its time; null of the default partition, which holds what no other takes. */
  until: Date | null
  /** As the latest statistics say. */
  events: number
  /** With its handled events, indexes included. */
  bytes: number
}

const SizeRow = row({ name: z.string(), events: z.number(), bytes: z.number() })

/** Every partition, oldest first, and the default one. */
export async function listPartitions(db: Database): Promise<PartitionSize[]> {
  const sizes = await readRows(db, SizeRow)`
    SELECT substr(e.relname, length('events_') + 1) AS name, greatest(e.reltuples, 0)::float8 AS events,
      (pg_total_relation_size(e.oid) + pg_total_relation_size(('handled_' || e.relname)::regclass))::float8 AS bytes
    FROM pg_inherits JOIN pg_class e ON e.oid = inhrelid WHERE inhparent = 'events'::regclass`
  const partitions = [...(await readPartitions(db)), { name: 'default', to: null }]
  return partitions.map(({ name, to }) => ({
    ...sizes.find((size) => size.name === name)!,
    until: to === null ? null : timeOfId(to),
  }))
}

const BOUNDS = String.raw`FROM \((?:'([^']+)'|MINVALUE)\) TO \('([^']+)'\)`

/** The moment that an id of version 7 begins with. */
export const timeOfId = (id: string): Date => new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16))

/** The least id of a moment: where a partition begins. */
export function leastId(moment: Date): string {
  const hex = moment.getTime().toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`
}

/** The tables of a partition. */
export const tablesOf = (name: string) => ({ events: `events_${name}`, handled: `handled_events_${name}` })

/**
 * Makes the tables of a partition, attached to nothing: like those for what no other takes.
 * @param which without indexes, where so many rows are put in first that `makeIndexes` is faster afterwards
 */
export async function createTables(
  tx: Transaction,
  name: string,
  which: 'with-indexes' | 'without-indexes' = 'with-indexes',
): Promise<void> {
  const { events, handled } = tablesOf(name)
  const like = which === 'with-indexes' ? 'INCLUDING ALL' : 'INCLUDING ALL EXCLUDING INDEXES'
  await tx.$executeRawUnsafe(`CREATE TABLE ${events} (LIKE events_default ${like})`)
  await tx.$executeRawUnsafe(`CREATE TRIGGER events_are_not_truncated BEFORE TRUNCATE ON ${events}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_events()`)
  await tx.$executeRawUnsafe(`CREATE TABLE ${handled} (LIKE handled_events_default ${like})`)
}

const Statement = row({ statement: z.string() })

/** Gives a filled table the indexes that its model has, and the planner its statistics. */
export async function makeIndexes(db: Database, table: string, model: string): Promise<void> {
  const statements = await readRows(db, Statement)`
    SELECT coalesce('ALTER TABLE ' || ${table} || ' ADD ' || pg_get_constraintdef(c.oid),
      regexp_replace(pg_get_indexdef(indexrelid), ' INDEX .* USING ', ' INDEX ON ' || ${table} || ' USING ')) AS statement
    FROM pg_index LEFT JOIN pg_constraint c ON c.conindid = indexrelid AND c.contype IN ('p', 'u')
    WHERE indrelid = ${model}::regclass ORDER BY indexrelid`
  for (const { statement } of statements) await db.$executeRawUnsafe(statement)
  await db.$executeRawUnsafe(`ANALYZE ${table}`)
}

/**
 * Attaches the tables of a partition; what stands in the default partition of its range moves there. Until the transaction ends,
 * every statement on events waits. Who inserts has to wait before it begins: a row that is on its way to the default partition
 * when its range is attached would be refused.
 */
export async function attach(tx: Transaction, { name, from, to }: Partition): Promise<void> {
  const { events, handled } = tablesOf(name)
  const range = `FROM (${from === null ? 'MINVALUE' : `'${from}'`}) TO ('${to}')`
  await tx.$executeRaw`LOCK TABLE ONLY events, ONLY handled_events IN SHARE ROW EXCLUSIVE MODE`
  await tx.$executeRaw`LOCK TABLE events_default, handled_events_default IN ACCESS EXCLUSIVE MODE`
  const isOf = (column: string) => `${column} < '${to}' ${from === null ? '' : `AND ${column} >= '${from}'`}`
  if (await hasStrays(tx, { from, to })) {
    await tx.$executeRawUnsafe('ALTER TABLE events_default DISABLE TRIGGER events_are_append_only')
    await notePublishers(tx, isOf('e.id'))
    await move(tx, 'events_default', events, isOf('id'))
    await tx.$executeRawUnsafe('ALTER TABLE events_default ENABLE TRIGGER events_are_append_only')
    await move(tx, 'handled_events_default', handled, isOf('event_id'))
  }
  await tx.$executeRawUnsafe(`ALTER TABLE events ATTACH PARTITION ${events} FOR VALUES ${range}`)
  await tx.$executeRawUnsafe(`ALTER TABLE handled_events ATTACH PARTITION ${handled} FOR VALUES ${range}`)
}

/** A move makes all rows those of one transaction, which no longer tells who has published an event. */
async function notePublishers(tx: Transaction, which: string) {
  await tx.$executeRaw(Prisma.sql`
    UPDATE events_default e SET published_by = ${publishedBy(['handled_events'])}
    WHERE ${Prisma.raw(which)} AND published_by IS NULL AND causation_id IS NOT NULL`)
}

async function move(tx: Transaction, from: string, to: string, which: string) {
  await tx.$executeRawUnsafe(
    `WITH moved AS (DELETE FROM ${from} WHERE ${which} RETURNING *) INSERT INTO ${to} SELECT * FROM moved`,
  )
}

async function hasStrays(tx: Transaction, range: Pick<Partition, 'from' | 'to'>): Promise<boolean> {
  return (await countStrays(tx, range, 1)) > 0
}

const Count = row({ count: z.int() })

/** Events of a range of ids that stand in the default partition, counted up to `atMost`. */
export async function countStrays(
  db: Database | Transaction,
  { from, to }: { from: string | null; to: string | null },
  atMost: number,
): Promise<number> {
  const above = from === null ? Prisma.empty : Prisma.sql`AND id >= ${from}::uuid`
  const below = to === null ? Prisma.empty : Prisma.sql`AND id < ${to}::uuid`
  const [found] = await readRows(db, Count)`
    SELECT count(*)::int AS count FROM (SELECT FROM events_default WHERE true ${above} ${below} LIMIT ${atMost}) AS stray`
  return found!.count
}
