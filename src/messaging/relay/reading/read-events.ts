import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import { eventColumns } from '../../event-store/event-columns.ts'

/** An event as the relay carries it: its data stay the JSON text that PostgreSQL gives. */
export type StoredRow = Omit<z.infer<typeof CountedRow>, 'bytes'>
const { data: _, ...columns } = eventColumns
const CountedRow = row({ position: z.bigint(), ...columns, dataJson: z.string(), bytes: z.number() })

/** Bytes of data after which a read ends: it is held in memory several times on its way. */
const READ_BYTES = 8 * 1024 * 1024

export interface EventsRead {
  rows: StoredRow[]
  /** There may be more: the read ended at its limit of events or of bytes. */
  isFull: boolean
  /** It ended before `limit` events, because these are large. */
  isCut: boolean
}

/** The first visible events after a position, ascending: at most `limit`, and none after `READ_BYTES` of data are reached. */
export async function readEvents(db: Database, after: bigint, limit: number): Promise<EventsRead> {
  const rows = await readRows(db, CountedRow)`
    SELECT * FROM (
      SELECT *, sum(octet_length("dataJson")) OVER (ORDER BY position ROWS UNBOUNDED PRECEDING)::float8 AS bytes
      FROM (
        SELECT position, id, type, version, stream, stream_version AS "streamVersion", correlation_id AS "correlationId",
          causation_id AS "causationId", traceparent, actor, occurred_at AS "time", data::text AS "dataJson"
        FROM events WHERE position > ${after} ORDER BY position LIMIT ${limit}
      ) AS event
    ) AS counted
    WHERE bytes - octet_length("dataJson") < ${READ_BYTES}`
  const isCut = rows.length < limit && (rows.at(-1)?.bytes ?? 0) >= READ_BYTES
  return { rows, isCut, isFull: isCut || rows.length === limit }
}
