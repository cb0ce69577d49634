import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Database } from '#platform/database'
import { tablesOf, type Partition } from '../event-store/partitions/partitions.ts'
import { eventLines } from './lines/event-lines.ts'
import { sizeOf } from './find-obstacles.ts'
import { measure, writeLines, type Page } from './lines/line-files.ts'
import { MANIFEST, manifestText, type ArchivedTable, type Manifest } from './manifest.ts'
import { ArchiveRefused } from './refused.ts'
import { rowLines, type HangingTable } from './lines/row-lines.ts'
import { sideBySide } from './side-by-side.ts'
import { storeAt } from './store/places.ts'
import type { Store } from './store/store.ts'

export interface Place {
  partition: Partition
  /** A folder, or `s3://<bucket>/<prefix>`. */
  place: string
  /** Called after each file. @throws when another process has taken over */
  confirm(): Promise<void>
}

/**
 * Writes a detached partition, and reads it again; the manifest comes last. What another call has left half-done is written anew.
 * @throws when what lies there is not what was to be written
 */
export async function writeArchive(db: Database, { partition, place, confirm }: Place): Promise<Manifest> {
  const store = storeAt(place)
  const manifest = await writeFiles(db, partition, store, confirm)
  await expectFiles(store, manifest)
  await confirm()
  await putText(store, MANIFEST, manifestText(manifest))
  return manifest
}

const PROBE = 'probe'

/** @throws ArchiveRefused when nothing can be stored there: to be known before anything is taken out of the database */
export async function expectWritable(place: string): Promise<void> {
  const store = storeAt(place)
  try {
    await putText(store, PROBE, 'It can be written here.\n')
    await store.remove(PROBE)
  } catch (cause) {
    throw new ArchiveRefused(`${place} cannot be written to: ${(cause as Error).message}`, { cause })
  }
}

async function writeFiles(
  db: Database,
  partition: Partition,
  store: Store,
  confirm: Place['confirm'],
): Promise<Manifest> {
  const { name, from, to } = partition
  const tables = tablesOf(name)
  const size = await sizeOf(db, partition)
  const write = async (table: ArchivedTable, pages: AsyncIterable<Page>, signal?: AbortSignal) => {
    const file = `${table}.ndjson.gz`
    await confirm()
    return { file, ...(await writeLines(store, file, pages, signal)) }
  }
  const rows = (like: HangingTable, table: string = like, signal?: AbortSignal) =>
    write(like, rowLines(db, { table, like, partition }), signal)
  const lines = eventLines(db, { events: tables.events, handled: [tables.handled, 'handled_events'] })
  const [events, handled] = await sideBySide(
    (signal) => write('events', lines, signal),
    (signal) => rows('handled_events', tables.handled, signal),
  )
  const files = {
    events,
    handled_events: handled,
    deliveries: await rows('deliveries'),
    delivery_history: await rows('delivery_history'),
  }
  if (BigInt(events.rows) !== size.events || BigInt(handled.rows) !== size.handled)
    throw new Error(
      `${events.rows} events and ${handled.rows} handled of ${name} were written; it has ${size.events}, ${size.handled}`,
    )
  return { format: 'fanfare-archive-1', name, from, to, firstPosition: size.first, lastPosition: size.last, files }
}

/** Compares the files of an archive with its manifest. @throws naming one that differs */
export async function expectFiles(store: Store, { files }: Pick<Manifest, 'files'>): Promise<void> {
  const expect = async ({ file, rows, sha256 }: Manifest['files'][ArchivedTable]) => {
    const found = await measure(store, file)
    if (found.sha256 !== sha256) throw new Error(`${file} has another SHA-256 than its manifest says: ${found.sha256}`)
    if (found.rows !== rows) throw new Error(`${file} has ${found.rows} lines in place of ${rows}`)
  }
  await Promise.all(Object.values(files).map(expect))
}

async function putText(store: Store, name: string, given: string) {
  await store.put(name, Readable.from([Buffer.from(given)]))
  if ((await text(await store.get(name))) !== given) throw new Error(`${name} is not what was written`)
}
