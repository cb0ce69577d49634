import { z } from 'zod'
import { readRow, row, type Database, type Transaction } from '#platform/database'
import { Gauge } from '#platform/metrics'
import { lockShortly } from './lock-shortly.ts'
import { attach, countStrays, createTables, leastId, readPartitions, timeOfId, type Partition } from './partitions.ts'

export const PARTITION_LENGTHS = ['day', 'week', 'month'] as const
/** How long the time is whose events one partition holds. Days, weeks (from Monday) and months are those of UTC. */
export type PartitionLength = (typeof PARTITION_LENGTHS)[number]

/** Partitions that are there before their time comes: for so long the scheduler may be away. */
const AHEAD = 3
/** Events that are moved out of the default partition while all others wait. */
const MOVED_AT_ONCE = 20_000
/** The default partition is counted as far as this. */
const COUNTED = 100_000

export interface PartitionsMade {
  /** Names of the partitions that were made. */
  made: string[]
  /** Events in the default partition, counted up to 100,000: they cannot be archived. */
  outside: number
}

const outsidePartitions = new Gauge({
  name: 'fanfare_events_outside_partitions',
  help: 'Events in the default partition, counted up to 100,000: nobody made a partition for their time, or their id was made by hand.',
})

/**
 * Makes the partitions of the time to come. When that was not done in time, nothing is lost: events go to the default partition. What is
 * there of the range of a new partition moves into it, if it is little; otherwise it stays, and the next partition begins later; `fillHole` is for an operator who
 * chooses when.
 */
export async function makePartitions(db: Database, length: PartitionLength): Promise<PartitionsMade> {
  const made: string[] = []
  let from = await lastEnd(db)
  for (const end of await nextEnds(db, length)) {
    const to = leastId(end)
    if (to <= from) continue
    const partition = { name: nameFrom(from), from, to }
    if (await makePartition(db, partition)) made.push(partition.name)
    from = to
  }
  const outside = await countStrays(db, { from: null, to: null }, COUNTED)
  outsidePartitions.set(outside)
  if (made.length > 0 || !(await wasAnalyzedToday(db))) await db.$executeRaw`ANALYZE events, handled_events`
  return { made, outside }
}

/** The day from which it holds events. */
export const nameFrom = (from: string) => timeOfId(from).toISOString().slice(0, 10).replaceAll('-', '_')

/** Where the last partition ends, be it in the store or in an archive. */
async function lastEnd(db: Database | Transaction): Promise<string> {
  const archived = await db.archive.findFirst({ orderBy: { toId: 'desc' } })
  const ends = [...(await readPartitions(db)), ...(archived ? [{ to: archived.toId }] : [])].map(({ to }) => to)
  return ends.toSorted().at(-1)!
}

/** @returns false when it is there already, or too much of its range stands in the default partition */
export async function makePartition(db: Database, partition: Partition): Promise<boolean> {
  if ((await countStrays(db, partition, MOVED_AT_ONCE + 1)) > MOVED_AT_ONCE) return false
  return lockShortly(db, async (tx) => {
    await oneAtATime(tx)
    if ((await lastEnd(tx)) >= partition.to) return false
    await createTables(tx, partition.name)
    await attach(tx, partition)
    return true
  })
}

/** Who makes, archives or restores partitions, until its transaction ends. */
export async function oneAtATime(tx: Transaction): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('fanfare partitions', 0))`
}

const Now = row({ now: z.date() })

/** Where the present partition and the next ones end. */
async function nextEnds(db: Database, length: PartitionLength): Promise<Date[]> {
  const { now } = await readRow(db, Now)`SELECT clock_timestamp() AS now`
  const ends = [endOf(length, now)]
  while (ends.length <= AHEAD) ends.push(endOf(length, ends.at(-1)!))
  return ends
}

const DAY_MS = 86_400_000

/** The end of the day, week or month that a moment is in. */
export function endOf(length: PartitionLength, moment: Date): Date {
  const [year, month] = [moment.getUTCFullYear(), moment.getUTCMonth()]
  if (length === 'month') return new Date(Date.UTC(year, month + 1))
  const today = Date.UTC(year, month, moment.getUTCDate())
  const days = length === 'day' ? 1 : 7 - ((moment.getUTCDay() + 6) % 7)
  return new Date(today + days * DAY_MS)
}

const Analyzed = row({ today: z.boolean() })

/** PostgreSQL does so by itself for partitions, and never for the table that they are part of. */
async function wasAnalyzedToday(db: Database): Promise<boolean> {
  const { today } = await readRow(db, Analyzed)`
    SELECT coalesce(last_analyze > now() - interval '1 day', false) AS today
    FROM pg_stat_user_tables WHERE relid = 'events'::regclass`
  return today
}
