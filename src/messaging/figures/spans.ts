import { z } from 'zod'
import { readRow, row, type Database } from '#platform/database'

/** Milliseconds from the first event of conversations to a later one. */
export type Span = z.infer<typeof Span>
const Span = row({ count: z.int(), p50: z.number().nullable(), p99: z.number().nullable() })

/** How long the latest conversations took from one event to another: at most `sample` (default 500) of the last hour. */
export function readSpan(db: Database, from: string, to: string, sample = 500): Promise<Span> {
  return readRow(db, Span)`
    WITH ended AS MATERIALIZED (
      SELECT correlation_id, occurred_at FROM events WHERE type = ${to} ORDER BY position DESC LIMIT ${sample}
    ), spans AS (
      SELECT extract(epoch FROM e.occurred_at - b.occurred_at)::float8 * 1000 AS ms
      FROM ended e JOIN LATERAL (
        SELECT occurred_at FROM events WHERE correlation_id = e.correlation_id AND type = ${from} LIMIT 1
      ) b ON true
      WHERE e.occurred_at > clock_timestamp() - interval '1 hour'
    )
    SELECT count(*)::int AS count, percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS p50,
      percentile_cont(0.99) WITHIN GROUP (ORDER BY ms) AS p99
    FROM spans`
}
