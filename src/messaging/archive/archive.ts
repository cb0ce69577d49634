import type { Database } from '#platform/database'
import { readPartitions, timeOfId, type Partition } from '../event-store/partitions/partitions.ts'
import { UnreadableEvent } from '../errors.ts'
import { acquireLease, type Lease } from '../lease/lease.ts'
import { detach, forgetTables, type FindNeeds } from './detach.ts'
import { findObstacles, sizeOf, streamsOf, type NeededBy, type OpenAmong } from './find-obstacles.ts'
import { ArchiveRefused } from './refused.ts'
import { placeIn } from './store/places.ts'
import { expectWritable, writeArchive } from './write-archive.ts'

export interface ArchiveOptions {
  db: Database
  /** Names this process while it archives. */
  instance: string
  /** Partitions that end at this moment or before, and have ended. */
  before: Date
  /** A folder, or `s3://<bucket>/<prefix>`, in which each gets a folder of its own; nothing is archived without it. */
  to?: string
  openAmong: OpenAmong
  neededBy?: NeededBy
  /** Called with the streams of a partition before it goes, page by page: what was read from their events has to be kept otherwise. */
  beforeGoing?: (streams: readonly string[]) => Promise<void>
  /** Called with the name of each partition before it is looked at. */
  onBegin?: (name: string) => void
  signal?: AbortSignal
}

/** What became of a partition. */
export interface ArchiveReport {
  name: string
  /** The end of its time. */
  until: Date
  events: number
  /** ready: it could be archived. kept: it cannot, for the reasons given. */
  outcome: 'archived' | 'ready' | 'kept'
  /** Its folder; null unless it is archived. */
  place: string | null
  /** Why it is kept: sentences. */
  reasons: string[]
}

/**
 * Moves whole partitions out of the database, each into a folder of its own, with what was handled of their events and what
 * PostgreSQL has kept of their deliveries. A partition goes when each of its events has its answer from every reaction, and nothing
 * can come of its streams any more.
 *
 * First its tables are detached, all in one moment: from then on nothing can be written there, and its events count as handled. Then
 * they are written, the files are read again and compared, and only then they are dropped. Killed anywhere and called again, it
 * goes on from there.
 * @throws ArchiveRefused when another process moves or deletes history, or nothing can be written there
 */
export async function archiveBefore(options: ArchiveOptions): Promise<ArchiveReport[]> {
  return underLease(options, async (lease) => {
    if (options.to !== undefined) await expectWritable(options.to)
    const finished = options.to === undefined ? [] : await finishBegun(options.db, options.to, lease)
    const reports: ArchiveReport[] = []
    for (const partition of await readPartitions(options.db)) {
      const until = timeOfId(partition.to)
      if (until > options.before || until.getTime() > Date.now() || options.signal?.aborted) break
      options.onBegin?.(partition.name)
      reports.push(await archivePartition(partition, options, lease))
    }
    return [...finished, ...reports]
  })
}

async function archivePartition(
  partition: Partition,
  { db, to, openAmong, neededBy, beforeGoing }: ArchiveOptions,
  lease: Lease,
): Promise<ArchiveReport> {
  const { events, last } = await sizeOf(db, partition)
  const about = { name: partition.name, until: timeOfId(partition.to), events: Number(events), place: null }
  const findNeeds: FindNeeds = async (db) => (last === null ? [] : ((await neededBy?.(db, partition, last)) ?? []))
  const reasons = [...(await findObstacles(db, partition, openAmong)), ...(await findNeeds(db))]
  if (reasons.length > 0) return { ...about, outcome: 'kept', reasons }
  if (to === undefined) return { ...about, outcome: 'ready', reasons }
  try {
    for await (const streams of beforeGoing ? streamsOf(db, partition) : []) {
      await lease.confirm()
      await beforeGoing!(streams)
    }
  } catch (error) {
    if (!(error instanceof UnreadableEvent)) throw error
    return { ...about, outcome: 'kept', reasons: [`one of its events cannot be read: ${error.message}`] }
  }
  const place = placeIn(to, partition.name)
  const since = await detach(db, partition, place, findNeeds)
  if (since.length > 0) return { ...about, outcome: 'kept', reasons: since }
  return finish(db, { partition, place }, lease)
}

interface Detached {
  partition: Partition
  place: string
}

/** What another call has detached and did not bring to an end: where that one wanted it, or else where this one does. */
async function finishBegun(db: Database, to: string, lease: Lease): Promise<ArchiveReport[]> {
  const begun = await db.archive.findMany({ where: { state: 'detached' }, orderBy: { toId: 'asc' } })
  const reports: ArchiveReport[] = []
  for (const { name, fromId, toId, place } of begun) {
    const partition = { name, from: fromId, to: toId }
    const isThere = await expectWritable(place).then(
      () => true,
      () => false,
    )
    reports.push(await finish(db, { partition, place: isThere ? place : placeIn(to, name) }, lease))
  }
  return reports
}

async function finish(db: Database, { partition, place }: Detached, lease: Lease): Promise<ArchiveReport> {
  const manifest = await writeArchive(db, { partition, place, confirm: lease.confirm })
  await lease.confirm()
  await forgetTables(db, { partition, place, manifest })
  const events = manifest.files.events.rows
  return { name: partition.name, until: timeOfId(partition.to), events, outcome: 'archived', place, reasons: [] }
}

const LEASE_MS = 15_000

/** One process at a time archives, restores, or deletes what archives take the place of. */
export async function underLease<Result>(
  { db, instance }: { db: Database; instance: string },
  work: (lease: Lease) => Promise<Result>,
): Promise<Result> {
  const begin = () => Promise.resolve()
  const acquired = await acquireLease({ db, name: 'archive', holder: instance, leaseMs: LEASE_MS, begin })
  if (!acquired)
    throw new ArchiveRefused(
      'Another process archives, restores, or deletes old orders at this moment; try again later.',
    )
  try {
    return await work(acquired.lease)
  } finally {
    await acquired.lease.release()
  }
}
