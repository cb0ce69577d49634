import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import { NOT_PAUSED } from '../deliveries/pauses.ts'

/** What a reaction puts off, again and again. */
const Postponed = row({
  reaction: z.string(),
  count: z.int(),
  /** When the oldest of them failed or was put off for the first time. */
  since: z.date(),
  /** What the oldest waits for, in the words of its reaction. */
  cause: z.string(),
})

/** By reaction, those left out that an operator has paused. Nothing but their reaction ends it: none of them is a failed attempt. */
export function listPostponed(db: Database) {
  return readRows(db, Postponed)`
    SELECT oldest.reaction, oldest.count, oldest.since, d.error_message AS cause FROM (
      SELECT d.reaction, count(*)::int AS count, min(d.first_failed_at) AS since, (array_agg(d.id ORDER BY d.first_failed_at))[1] AS id
      FROM deliveries d WHERE d.state = 'retrying' AND d.reason = 'retry-later' AND ${NOT_PAUSED} GROUP BY d.reaction
    ) AS oldest JOIN deliveries d ON d.id = oldest.id ORDER BY oldest.since, oldest.reaction`
}
