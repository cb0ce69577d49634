import type { Database, Transaction } from '#platform/database'
import { lockShortly } from './lock-shortly.ts'
import { nameFrom, oneAtATime } from './make-partitions.ts'
import { attach, countStrays, createTables, readPartitions, type Partition } from './partitions.ts'

/** A time between two partitions that has none: too many of its events stood in the default partition to be moved while all wait. */
export interface Hole {
  partition: Partition
  /** Events in the default partition, all of them. */
  events: number
}

/** Where events cannot be archived, because no partition is theirs. */
export async function findHoles(db: Database): Promise<Hole[]> {
  const holes: Hole[] = []
  for (const partition of await rangesWithout(db))
    holes.push({ partition, events: await countStrays(db, partition, MANY) })
  return holes
}

/** Of PostgreSQL's int. */
const MANY = 2 ** 31 - 1

/** Milliseconds that a move may take: some 20,000 events a second. */
const LONG_MS = 60 * 60_000

/**
 * Makes the partition of a hole and moves its events there, however many they are. Until that is done nobody reads or appends events:
 * everybody waits, and loses nothing. @returns false when somebody else has made it
 */
export function fillHole(db: Database, { name, from, to }: Partition): Promise<boolean> {
  const work = async (tx: Transaction) => {
    await oneAtATime(tx)
    if (!(await rangesWithout(tx)).some((hole) => hole.from === from && hole.to === to)) return false
    await createTables(tx, name)
    await attach(tx, { name, from, to })
    return true
  }
  return lockShortly(db, work, LONG_MS)
}

/** Between what is in the store and what lies in archives. */
async function rangesWithout(db: Database | Transaction): Promise<Partition[]> {
  const archives = await db.archive.findMany({ where: { state: { not: 'attached' } } })
  const taken = [...(await readPartitions(db)), ...archives.map(({ fromId, toId }) => ({ from: fromId, to: toId }))]
  const sorted = taken.toSorted((a, b) => (a.to < b.to ? -1 : 1))
  return sorted.slice(1).flatMap(({ from }, index) => {
    const end = sorted[index]!.to
    return from !== null && end < from ? [{ name: nameFrom(end), from: end, to: from }] : []
  })
}
