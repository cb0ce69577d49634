import { z } from 'zod'
import { readRow, row, sqlStateOf, type Database, type Transaction } from '#platform/database'
import { expectSettled, moveBehind, withoutRelay } from './as-history.ts'
import { storeEvents } from './lines/event-lines.ts'
import { readLines, type Page } from './lines/line-files.ts'
import { ArchiveRefused } from './refused.ts'
import { splitPlace } from './store/places.ts'

export interface ImportOptions {
  db: Database
  /** Names this process while it imports. */
  instance: string
  /** What `exportEvents` wrote: a file, or `s3://<bucket>/<key>`. */
  file: string
  /** Called after each page. */
  onProgress?: (events: number) => void
}

export interface Imported {
  /** Stored by this call. */
  events: number
  /** Were there already. */
  known: number
  lastPosition: bigint
}

/**
 * Stores exported events with their ids and positions. They are history here: the relay does not publish them, and no reaction is owed
 * them; replay brings them to one that wants them. Each page is stored as a whole, so a call that was killed is called again.
 * @throws ArchiveRefused while a relay publishes, while events of this database itself are not published or not handled yet, and when a position belongs to another event; what came before is stored then
 */
export async function importEvents({ db, instance, file, onProgress }: ImportOptions): Promise<Imported> {
  const { store, name } = splitPlace(file)
  const reading = await store.get(name).catch((cause: Error) => {
    throw new ArchiveRefused(`${file} cannot be read: ${cause.message}`, { cause })
  })
  reading.destroy()
  const imported: Imported = { events: 0, known: 0, lastPosition: 0n }
  return withoutRelay({ db, instance }, async (lease) => {
    await expectSettled(db)
    for await (const page of readLines(store, name)) {
      await lease.confirm()
      const stored = await storePage(db, page, imported.lastPosition)
      imported.events += stored.events
      imported.known += page.rows - stored.events
      imported.lastPosition = stored.last
      onProgress?.(imported.events)
    }
    await countStreams(db)
    return imported
  })
}

async function storePage(db: Database, page: Page, after: bigint) {
  const positions = page.text.split('\n').flatMap((line) => (line === '' ? [] : [positionOf(line)]))
  const last = positions.at(-1)!
  const isAscending = positions.every((position, index) => position > (index === 0 ? after : positions[index - 1]!))
  if (!isAscending) throw new ArchiveRefused(`The positions of the file do not ascend, up to ${last}.`)
  const taken = new ArchiveRefused(
    `A position from ${positions[0]} to ${last} belongs to another event of this database.`,
  )
  try {
    return await db.$transaction(async (tx) => {
      const events = await storeEvents(tx, 'events', page, { mayBeThere: true })
      if ((await countAt(tx, positions)) !== positions.length) throw taken
      await moveBehind(tx, last)
      return { events, last }
    })
  } catch (error) {
    if (sqlStateOf(error) === UNIQUE_VIOLATION) throw taken
    throw error
  }
}

const UNIQUE_VIOLATION = '23505'

function positionOf(line: string): bigint {
  const [, position] = /^\{"position":"(\d+)"/.exec(line) ?? []
  if (position === undefined) throw new ArchiveRefused(`Not a line of an export: ${line.slice(0, 80)}`)
  return BigInt(position)
}

const Count = row({ count: z.int() })

async function countAt(tx: Transaction, positions: readonly bigint[]): Promise<number> {
  const { count } = await readRow(tx, Count)`
    SELECT count(*)::int AS count FROM events WHERE position = ANY(${[...positions]}::bigint[])`
  return count
}

/** Of a part of the log, a stream may lack its beginning: that lies elsewhere, as if it were archived. */
function countStreams(db: Database): Promise<number> {
  return db.$executeRaw`
    INSERT INTO streams AS s (stream, version, archived)
    SELECT stream, max(stream_version), max(stream_version) - count(*)::int FROM events GROUP BY stream
    ON CONFLICT (stream) DO UPDATE SET version = greatest(s.version, excluded.version),
      archived = greatest(s.version, excluded.version) - (excluded.version - excluded.archived)
    WHERE s.version < excluded.version OR s.archived <> s.version - (excluded.version - excluded.archived)`
}
