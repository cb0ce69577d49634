import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import { Prisma } from '#prisma'
import { lockShortly } from '../event-store/partitions/lock-shortly.ts'
import { oneAtATime } from '../event-store/partitions/make-partitions.ts'
import {
  attach,
  createTables,
  makeIndexes,
  readPartitions,
  tablesOf,
  type Partition,
} from '../event-store/partitions/partitions.ts'
import type { Lease } from '../lease/lease.ts'
import { underLease } from './archive.ts'
import { makeRoomUpTo } from './as-history.ts'
import { noteArchived } from './detach.ts'
import { storeEvents } from './lines/event-lines.ts'
import { sizeOf } from './find-obstacles.ts'
import { readLines, type Page } from './lines/line-files.ts'
import { readManifest, type ArchivedTable, type Manifest } from './manifest.ts'
import { ArchiveRefused } from './refused.ts'
import { storeRows } from './lines/row-lines.ts'
import { sideBySide } from './side-by-side.ts'
import { placeIn, storeAt } from './store/places.ts'
import type { Store } from './store/store.ts'
import { expectFiles } from './write-archive.ts'

export interface RestoreOptions {
  db: Database
  /** Names this process while it restores. */
  instance: string
  /** That of the archive, with its manifest: a folder, or `s3://<bucket>/<prefix>`. */
  place: string
}

/**
 * Brings an archive back into the store, with the positions that its events had. Its files are compared with the manifest first;
 * its tables are filled apart and attached in one moment. Killed anywhere and called again, it goes on or begins anew.
 * The folder stays as it is. In another database its events are history, as imported ones are.
 * @throws ArchiveRefused when it is not as it was written, or is in the store already; in another database also what `importEvents` throws
 */
export async function restoreArchive({ db, instance, place }: RestoreOptions): Promise<Manifest> {
  const manifest = await readManifest(place)
  const store = storeAt(place)
  await expectFiles(store, manifest).catch((cause: Error) => {
    throw new ArchiveRefused(cause.message, { cause })
  })
  return underLease({ db, instance }, async (lease) => {
    const begun = await db.archive.findUnique({ where: { name: manifest.name } })
    if (begun?.state !== 'attached') {
      if (manifest.lastPosition !== null) await makeRoomUpTo({ db, instance }, manifest.lastPosition)
      await begin(db, manifest, placeIn(place))
      await fill(db, manifest, store, lease)
      await attachRestored(db, manifest, lease)
    }
    await finish(db, manifest, store)
    return manifest
  })
}

/** Empty tables beside the store. What a call before has left is thrown away. */
async function begin(db: Database, manifest: Manifest, place: string) {
  const { name, from, to } = manifest
  const { events, handled } = tablesOf(name)
  await db.$transaction(async (tx) => {
    const known = await tx.archive.findUnique({ where: { name } })
    if (known?.state === 'detached')
      throw new ArchiveRefused(`${name} is being archived; bring that to its end first, with the same command.`)
    if (!known) expectRoom(manifest, await readPartitions(tx))
    await tx.$executeRawUnsafe(`DROP TABLE IF EXISTS ${events}, ${handled}`)
    await createTables(tx, name, 'without-indexes')
    const { firstPosition, lastPosition } = manifest
    const state = { state: 'restoring', place, since: new Date() }
    const create = { name, fromId: from, toId: to, firstPosition, lastPosition, ...state }
    await tx.archive.upsert({ where: { name }, create, update: state })
  })
}

/** For an archive that this database has not made. */
function expectRoom({ name, from, to }: Partition, partitions: readonly Partition[]) {
  const overlaps = (one: Partition) => (from === null || one.to > from) && (one.from === null || one.from < to)
  const taken = partitions.find((one) => one.name === name || overlaps(one))
  if (taken) throw new ArchiveRefused(`${name} would overlap the partition ${taken.name} of this database.`)
}

async function fill(db: Database, manifest: Manifest, store: Store, lease: Lease) {
  const tables = tablesOf(manifest.name)
  // The next page is read while PostgreSQL stores this one.
  const filling =
    (table: ArchivedTable, storePage: (page: Page) => Promise<unknown>) => async (signal: AbortSignal) => {
      let storing: Promise<unknown> = Promise.resolve()
      try {
        for await (const page of linesOf(manifest, store, table)) {
          await storing
          await lease.confirm()
          signal.throwIfAborted()
          storing = storePage(page)
          storing.catch(() => {}) // thrown where it is awaited
        }
      } finally {
        await storing
      }
    }
  await sideBySide(
    filling('events', (page) => storeEvents(db, tables.events, page)),
    filling('handled_events', (page) => storeRows(db, tables.handled, page)),
  )
  await expectWhole(db, manifest)
  await sideBySide(
    () => makeIndexes(db, tables.events, 'events_default'),
    () => makeIndexes(db, tables.handled, 'handled_events_default'),
  )
  await expectOwnPositions(db, manifest)
}

async function expectWhole(db: Database, manifest: Manifest) {
  const { files, firstPosition, lastPosition, name } = manifest
  const { events, handled, first, last } = await sizeOf(db, manifest)
  const isWhole =
    events === BigInt(files.events.rows) &&
    handled === BigInt(files.handled_events.rows) &&
    first === firstPosition &&
    last === lastPosition
  if (!isWhole)
    throw new Error(`${name} has ${events} events, positions ${first} to ${last}, and ${handled} of them handled`)
}

const Clash = row({ position: z.bigint() })

/** For an archive of another database. Nothing of it is left. */
async function expectOwnPositions(db: Database, { name, firstPosition, lastPosition }: Manifest) {
  const { events, handled } = tablesOf(name)
  const [clash] = await readRows(
    db,
    Clash,
  )(Prisma.sql`
    SELECT position FROM events JOIN ${Prisma.raw(events)} USING (position)
    WHERE position BETWEEN ${firstPosition} AND ${lastPosition} LIMIT 1`)
  if (!clash) return
  await db.$transaction(async (tx) => {
    await tx.$executeRawUnsafe(`DROP TABLE ${events}, ${handled}`)
    await tx.archive.delete({ where: { name } })
  })
  throw new ArchiveRefused(
    `${name} has positions that belong to other events of this database, such as ${clash.position}.`,
  )
}

const linesOf = ({ files }: Manifest, store: Store, table: ArchivedTable) => readLines(store, files[table].file)

/** Known to be of its range beforehand, so that nobody waits while its rows are looked at. */
async function attachRestored(db: Database, { name, from, to }: Manifest, lease: Lease) {
  const { events, handled } = tablesOf(name)
  const columns = { [events]: 'id', [handled]: 'event_id' }
  for (const [table, column] of Object.entries(columns)) {
    const least = from === null ? '' : `AND ${column} >= '${from}'`
    await db.$executeRawUnsafe(`ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS of_its_range`)
    await db.$executeRawUnsafe(
      `ALTER TABLE ${table} ADD CONSTRAINT of_its_range CHECK (${column} IS NOT NULL ${least} AND ${column} < '${to}')`,
    )
  }
  await lockShortly(db, async (tx) => {
    await oneAtATime(tx)
    // Another process fills these tables by now, if this one stood still for long.
    const isOurs = await lease.write(
      Prisma.sql`UPDATE archives SET state = 'attached', since = clock_timestamp() FROM held WHERE archives.name = ${name}`,
      tx,
    )
    if (!isOurs) throw new Error(`${name} could not be attached: ${lease.ended ?? 'another process has restored it'}`)
    await attach(tx, { name, from, to })
    for (const table of Object.keys(columns))
      await tx.$executeRawUnsafe(`ALTER TABLE ${table} DROP CONSTRAINT of_its_range`)
  })
}

const LONG_MS = 30 * 60_000

/** Streams, deliveries and the sequence of positions; then nothing is left of the archive in the database. */
async function finish(db: Database, manifest: Manifest, store: Store) {
  const { events } = tablesOf(manifest.name)
  await db.$transaction(
    async (tx) => {
      await tx.$executeRaw(Prisma.sql`
        INSERT INTO streams AS s (stream, version)
        SELECT stream, version FROM (SELECT stream, max(stream_version) AS version FROM ${Prisma.raw(events)} GROUP BY stream) AS restored
        WHERE NOT EXISTS (SELECT FROM streams known WHERE known.stream = restored.stream AND known.version >= restored.version)
        ON CONFLICT (stream) DO UPDATE SET version = greatest(s.version, excluded.version) WHERE s.version < excluded.version`)
      await noteArchived(tx, events, -1)
      for (const table of ['deliveries', 'delivery_history'] as const)
        for await (const page of linesOf(manifest, store, table)) await storeRows(tx, table, page)
      await tx.$executeRaw`
        SELECT setval('events_position_seq', ${manifest.lastPosition}::bigint)
        WHERE ${manifest.lastPosition}::bigint > (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM events_position_seq)`
      await tx.archive.delete({ where: { name: manifest.name } })
    },
    { timeout: LONG_MS },
  )
}
