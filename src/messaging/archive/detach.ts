import type { Database, Transaction } from '#platform/database'
import { Prisma } from '#prisma'
import { lockShortly } from '../event-store/partitions/lock-shortly.ts'
import { oneAtATime } from '../event-store/partitions/make-partitions.ts'
import { tablesOf, type Partition } from '../event-store/partitions/partitions.ts'
import { findUnsettled } from './find-obstacles.ts'
import type { Manifest } from './manifest.ts'
import { isOf } from './lines/row-lines.ts'

/** Why others still need the events of the partition. */
export type FindNeeds = (db: Database | Transaction) => Promise<string[]>

/**
 * Takes the tables of a partition out of the store, both in one moment in which nobody else reads or writes events.
 * @param findNeeds asked when nobody can read these events any more: who has read them, and needs them again, has written so by then
 * @returns why it was not done after all: what became unsettled since it was looked at
 */
export function detach(db: Database, partition: Partition, place: string, findNeeds: FindNeeds): Promise<string[]> {
  const { events, handled } = tablesOf(partition.name)
  return lockShortly(db, async (tx) => {
    await oneAtATime(tx)
    // Who reads or writes comes through the parents. The other partitions stay as they are, also one that is being vacuumed for hours.
    await tx.$executeRawUnsafe(`LOCK TABLE ONLY events, ONLY handled_events, events_default, handled_events_default, ${events}, ${handled}
      IN ACCESS EXCLUSIVE MODE`)
    const reasons = [...(await findUnsettled(tx, partition)), ...(await findNeeds(tx))]
    if (reasons.length > 0) return reasons
    await tx.$executeRaw(Prisma.sql`
      INSERT INTO archives (name, from_id, to_id, state, place, first_position, last_position)
      SELECT ${partition.name}, ${partition.from}::uuid, ${partition.to}::uuid, 'detached', ${place}, min(position), max(position)
      FROM ${Prisma.raw(events)}`)
    await tx.$executeRawUnsafe(`ALTER TABLE events DETACH PARTITION ${events}`)
    await tx.$executeRawUnsafe(`ALTER TABLE handled_events DETACH PARTITION ${handled}`)
    return []
  })
}

interface Written {
  partition: Partition
  place: string
  manifest: Manifest
}

/** Counting the archived events of a million streams takes some seconds. */
const LONG_MS = 30 * 60_000

/**
 * Drops what has been written, and notes of each stream how many of its events are gone.
 * @throws when deliveries have come or gone since they were written
 */
export async function forgetTables(db: Database, { partition, place, manifest }: Written): Promise<void> {
  const { events, handled } = tablesOf(partition.name)
  const { files } = manifest
  await db.$transaction(
    async (tx) => {
      await noteArchived(tx, events, 1)
      const deliveries = await tx.$executeRaw`DELETE FROM deliveries WHERE ${isOf(partition)}`
      const history = await tx.$executeRaw`DELETE FROM delivery_history WHERE ${isOf(partition)}`
      if (deliveries !== files.deliveries.rows || history !== files.delivery_history.rows)
        throw new Error(`somebody has changed deliveries of ${partition.name} while they were written: call it again`)
      await tx.archive.update({
        where: { name: partition.name },
        data: { state: 'archived', place, events: files.events.rows, since: new Date() },
      })
      await tx.$executeRawUnsafe(`DROP TABLE ${events}, ${handled}`)
    },
    { timeout: LONG_MS },
  )
}

/** Of each stream in a table of events, that these events lie in an archive from now on (1), or no more (-1). */
export function noteArchived(tx: Transaction, table: string, sign: 1 | -1): Promise<number> {
  return tx.$executeRaw(Prisma.sql`
    UPDATE streams SET archived = greatest(0, archived + ${sign}::int * counted.events)
    FROM (SELECT stream, count(*)::int AS events FROM ${Prisma.raw(table)} GROUP BY stream) AS counted
    WHERE streams.stream = counted.stream`)
}
