import type { Database } from '#platform/database'
import { archivedUpTo } from '../event-store/archives.ts'
import { relayCheckpoint } from '../event-store/checkpoint.ts'
import { eventLines, type EventRange } from './lines/event-lines.ts'
import { writeLines } from './lines/line-files.ts'
import { splitPlace } from './store/places.ts'

export interface ExportOptions extends EventRange {
  db: Database
  /** A file, or `s3://<bucket>/<key>`; compressed by gzip if its name ends in `.gz`. */
  file: string
  /** Called after each page. */
  onProgress?: (events: number) => void
}

export interface Exported {
  events: number
  /** Everything up to here is in the file, as far as it was asked for. */
  upTo: bigint
  sha256: string
  /** Events up to here may lie in archives, and are not in the file then; null when nothing does. */
  archivedUpTo: bigint | null
}

const TABLES = { events: 'events', handled: ['handled_events'] }

/** Writes the log, or a part of it, as CloudEvents, one a line, up to the relay's checkpoint: below it no event can appear any more. */
export async function exportEvents({ db, file, onProgress, ...range }: ExportOptions): Promise<Exported> {
  const checkpoint = await relayCheckpoint(db)
  const upTo = range.upTo !== undefined && range.upTo < checkpoint ? range.upTo : checkpoint
  const before = await archivedUpTo(db)
  const told = async function* () {
    let events = 0
    for await (const page of eventLines(db, TABLES, { ...range, upTo })) {
      yield page
      onProgress?.((events += page.rows))
    }
  }
  const { store, name } = splitPlace(file)
  const { rows, sha256 } = await writeLines(store, name, told())
  const archived = max(before, await archivedUpTo(db)) // something may have gone or come back meanwhile
  return {
    events: rows,
    upTo,
    sha256,
    archivedUpTo: archived !== null && archived > (range.after ?? 0n) ? archived : null,
  }
}

const max = (one: bigint | null, other: bigint | null) =>
  one !== null && (other === null || one > other) ? one : other
