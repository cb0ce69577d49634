import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Database } from '#platform/database'
import { tablesOf, type Partition } from '../event-store/partitions/partitions.ts'
import { eventLines } from './event-lines.ts'
import { sizeOf } from './find-obstacles.ts'
import { measure, writeLines } from './line-files.ts'
import { manifestIn, manifestText, type ArchivedTable, type Manifest } from './manifest.ts'
import { rowLines, type HangingTable } from './row-lines.ts'

/**
 * Writes a detached partition into a folder, and reads it again. The folder appears as a whole: what another call has left
 * half-done is written anew. @throws when what lies on the disk is not what was to be written
 */
export async function writeArchive(db: Database, partition: Partition, place: string): Promise<Manifest> {
  const draft = `${place}.part`
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { recursive: true })
  const manifest = await writeFiles(db, partition, draft)
  await expectFiles(draft, manifest)
  await writeDurably(manifestIn(draft), manifestText(manifest))
  await rm(place, { recursive: true, force: true })
  await rename(draft, place)
  await syncFolder(path.dirname(place))
  return manifest
}

async function writeFiles(db: Database, partition: Partition, folder: string): Promise<Manifest> {
  const { name, from, to } = partition
  const { events, handled } = tablesOf(name)
  const size = await sizeOf(db, partition)
  const write = async (table: ArchivedTable, pages: AsyncIterable<string[]>) => {
    const file = `${table}.ndjson.gz`
    return { file, ...(await writeLines(path.join(folder, file), pages)) }
  }
  const rows = (like: HangingTable, table: string = like) => write(like, rowLines(db, { table, like, partition }))
  const files = {
    events: await write('events', eventLines(db, { events, handled: [handled, 'handled_events'] })),
    handled_events: await rows('handled_events', handled),
    deliveries: await rows('deliveries'),
    delivery_history: await rows('delivery_history'),
  }
  if (BigInt(files.events.rows) !== size.events)
    throw new Error(`${files.events.rows} events of ${name} were written, and it has ${size.events}`)
  return { format: 'fanfare-archive-1', name, from, to, firstPosition: size.first, lastPosition: size.last, files }
}

/** Compares the files of an archive with its manifest. @throws naming the first that differs */
export async function expectFiles(folder: string, { files }: Manifest): Promise<void> {
  for (const { file, rows, sha256 } of Object.values(files)) {
    const found = await measure(path.join(folder, file))
    if (found.sha256 !== sha256)
      throw new Error(`${path.join(folder, file)} has another SHA-256 than its manifest says: ${found.sha256}`)
    if (found.rows !== rows) throw new Error(`${path.join(folder, file)} has ${found.rows} lines in place of ${rows}`)
  }
}

async function writeDurably(file: string, text: string) {
  await writeFile(file, text, { flush: true })
  if ((await readFile(file, 'utf8')) !== text) throw new Error(`${file} is not what was written`)
  await syncFolder(path.dirname(file))
}

/** A file is found after a crash only when its folder has been written as well. */
async function syncFolder(folder: string) {
  const handle = await open(folder, 'r')
  await handle.sync().finally(() => handle.close())
}
