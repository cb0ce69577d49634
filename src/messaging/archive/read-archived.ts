import type { Database } from '#platform/database'
import { decodeEnvelope } from '../cloud-event.ts'
import type { RecordedEvent } from '../define-event.ts'
import { openedEvents } from '../event-store/personal.ts'
import { readLines } from './lines/line-files.ts'
import { ArchiveRefused } from './refused.ts'
import { storeAt } from './store/places.ts'

/** The first one of a line: its data come last. */
const SUBJECT = /"subject":"([^"\\]+)"/

/**
 * The events of some streams that lie in an archive, opened as `readStream` does. Reads all of its events, some 100,000 a second.
 * @param place that of the archive: a folder, or `s3://<bucket>/<prefix>`
 * @throws ArchiveRefused when it cannot be read
 */
export async function readArchived(
  db: Database,
  place: string,
  streams: ReadonlySet<string>,
): Promise<RecordedEvent[]> {
  const lines: string[] = []
  try {
    for await (const { text } of readLines(storeAt(place), 'events.ndjson.gz'))
      for (const line of text.split('\n')) if (streams.has(SUBJECT.exec(line)?.[1] ?? '')) lines.push(line)
  } catch (cause) {
    throw new ArchiveRefused(`${place} cannot be read: ${(cause as Error).message}`, { cause })
  }
  return openedEvents(
    db,
    lines.map((line) => decodeEnvelope(Buffer.from(line), undefined)),
  )
}
