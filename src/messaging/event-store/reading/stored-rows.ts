import { z } from 'zod'
import { readRows, row, type Database, type Transaction } from '#platform/database'
import { Prisma } from '#prisma'
import { eventColumns } from '../event-columns.ts'

/** An event as it was recorded: its data are the JSON text that PostgreSQL gives, of the version that was current then. */
export type StoredRow = Omit<z.infer<typeof CountedRow>, 'bytes'>
const { data: _, ...columns } = eventColumns
const CountedRow = row({ position: z.bigint(), ...columns, dataJson: z.string(), bytes: z.number() })

/**
 * Events in order of position, to the end of the first one with which their data reach `maxBytes`: they are held in memory
 * several times on their way.
 * @param wanted a condition on `events`, and a LIMIT where there is one
 * @returns whether it may have ended before the last wanted one, because the data are large
 */
export async function readStoredRows(
  db: Database | Transaction,
  wanted: { where: Prisma.Sql; limit?: number },
  maxBytes: number,
): Promise<{ rows: StoredRow[]; isCut: boolean }> {
  const rows = await readRows(db, CountedRow)`
    SELECT * FROM (
      SELECT *, sum(octet_length("dataJson")) OVER (ORDER BY position ROWS UNBOUNDED PRECEDING)::float8 AS bytes
      FROM (
        SELECT position, id, type, version, stream, stream_version AS "streamVersion", correlation_id AS "correlationId",
          causation_id AS "causationId", traceparent, actor, occurred_at AS "time", data::text AS "dataJson"
        FROM events WHERE ${wanted.where} ORDER BY position ${wanted.limit === undefined ? Prisma.empty : Prisma.sql`LIMIT ${wanted.limit}`}
      ) AS event
    ) AS counted
    WHERE bytes - octet_length("dataJson") < ${maxBytes}`
  return { rows, isCut: (rows.at(-1)?.bytes ?? 0) >= maxBytes }
}
