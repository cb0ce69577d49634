import { z } from 'zod'
import { readRow, row, type Database } from '#platform/database'

/** How the relay stands. */
export type RelayStanding = z.infer<typeof RelayStanding>
const RelayStanding = row({
  /** The process that may publish now; empty when none has renewed its lease. */
  holder: z.string().nullable(),
  position: z.bigint(),
  /** Age of the oldest event that it has not published; 0 when there is none. */
  lagSeconds: z.number(),
})

export function readRelay(db: Database): Promise<RelayStanding> {
  return readRow(db, RelayStanding)`
    WITH checkpoint AS (SELECT coalesce(max(position), 0) AS position FROM relay_checkpoints)
    SELECT (SELECT holder FROM leases WHERE name = 'relay' AND expires_at > clock_timestamp()) AS holder,
      checkpoint.position::bigint AS position,
      coalesce((SELECT greatest(0, extract(epoch FROM clock_timestamp() - occurred_at))::float8 FROM events
        WHERE events.position > checkpoint.position ORDER BY events.position LIMIT 1), 0) AS "lagSeconds"
    FROM checkpoint`
}
