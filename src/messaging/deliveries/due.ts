import { z } from 'zod'
import { Prisma } from '#prisma'
import { readRows, row, type Database } from '#platform/database'

/** A reaction as this release has it. */
export interface Reader {
  reaction: string
  /** The event types that it is on, each up to the version that it can read. */
  on: readonly { readonly type: string; readonly version: number }[]
}

/** The version of each type that is known, as JSON for `readable`. */
export const knownVersions = ({ on }: Pick<Reader, 'on'>) =>
  Object.fromEntries(on.map(({ type, version }) => [type, version]))

/**
 * Holds for a delivery `d` unless only a newer release can read it: that one takes it. The event decides, also where an operator
 * has edited its data: those are of the version that the event has.
 * @param known jsonb of `knownVersions`
 */
export const readable = (known: Prisma.Sql) => Prisma.sql`(d.event_type IS NULL OR ${known} -> d.event_type IS NOT NULL)
  AND NOT EXISTS (SELECT FROM events e WHERE e.id = d.event_id AND e.version > (${known} ->> e.type)::int OFFSET 0)`

const DueSoon = row({ reaction: z.string(), inMs: z.number() })

/**
 * Of each reaction that has a delivery due within so many milliseconds, when the first one is; negative when it was due before.
 * One look into an index for each. What a process has in hand is not due while its claim is renewed.
 */
export async function dueWithin(db: Database, readers: readonly Reader[], ms: number): Promise<Map<string, number>> {
  const wanted = readers.map((reader) => ({ reaction: reader.reaction, known: knownVersions(reader) }))
  const rows = await readRows(db, DueSoon)`
    SELECT wanted.reaction, first.in_ms AS "inMs"
    FROM jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb) AS wanted(reaction text, known jsonb)
    CROSS JOIN LATERAL (
      SELECT extract(epoch FROM d.due_at - clock_timestamp())::float8 * 1000 AS in_ms FROM deliveries d
      WHERE d.reaction = wanted.reaction AND d.state = 'retrying' AND d.due_at <= statement_timestamp() + ${ms}::float8 * interval '1 ms'
        AND ${readable(Prisma.sql`wanted.known`)}
      ORDER BY d.due_at LIMIT 1
    ) AS first`
  return new Map(rows.map(({ reaction, inMs }) => [reaction, inMs]))
}
