import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import { NOT_PAUSED } from '../deliveries/pauses.ts'

/** What a reaction puts off, again and again. */
const Postponed = row({
  reaction: z.string(),
  count: z.int(),
  /** Since when the oldest of them is put off: the first time, or since its latest attempt that failed. */
  since: z.date(),
  /** What the oldest waits for, in the words of its reaction. */
  cause: z.string(),
})

/** By reaction, those left out that an operator has paused. Nothing but their reaction ends it: none of them is a failed attempt. */
export function listPostponed(db: Database) {
  return readRows(db, Postponed)`
    SELECT oldest.reaction, oldest.count, oldest.since, d.error_message AS cause FROM (
      SELECT reaction, count(*)::int AS count, min(since) AS since, (array_agg(id ORDER BY since))[1] AS id FROM (
        SELECT d.reaction, d.id, greatest(d.first_failed_at, CASE WHEN d.attempts > 0 THEN (
          SELECT max(h.at) FROM delivery_history h WHERE h.event_id = d.event_id AND h.reaction = d.reaction AND h.what = 'failed') END) AS since
        FROM deliveries d WHERE d.state = 'retrying' AND d.reason = 'retry-later' AND ${NOT_PAUSED}
      ) AS postponed GROUP BY reaction
    ) AS oldest JOIN deliveries d ON d.id = oldest.id ORDER BY oldest.since, oldest.reaction`
}
