import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import { firstIdSince } from '#platform/uuid'
import { Prisma } from '#prisma'

/** What one reaction did lately, and what waits for it. Times are milliseconds; empty when it has handled nothing lately. */
export type ReactionFigures = Omit<z.infer<typeof FiguresRow>, 'oldest'>
const FiguresRow = row({
  reaction: z.string(),
  eventTypes: z.array(z.string()),
  /** Events of the sample. */
  handled: z.int(),
  /** Of those, handled at the second attempt or later. */
  repeated: z.int(),
  /** Its own work on an event. */
  processingP50: z.number().nullable(),
  processingP99: z.number().nullable(),
  /** From the making of the event to the commit of the reaction (critical time, as NServiceBus defines it). */
  criticalP50: z.number().nullable(),
  criticalP99: z.number().nullable(),
  lastHandledAt: z.date().nullable(),
  retrying: z.int(),
  blocked: z.int(),
  held: z.int(),
  dead: z.int(),
  /** When the oldest event of the whole sample was made, as Unix milliseconds. */
  oldest: z.number().nullable(),
})

export interface Figures {
  /** What the sample covers: five minutes, or less where more was handled than is looked at. */
  seconds: number
  reactions: ReactionFigures[]
}

/** Handled events that are looked at, at most. */
const SAMPLE = 20_000
const WINDOW_MS = 5 * 60_000

/** Ids begin with the Unix milliseconds of their making. */
const MADE = Prisma.sql`('x' || left(replace(h.event_id::text, '-', ''), 12))::bit(48)::bigint::float8`

/** Every reaction that is subscribed to something, by name, with figures of the latest events. */
export async function readFigures(db: Database, now = Date.now()): Promise<Figures> {
  const rows = await readRows(db, FiguresRow)`
    WITH latest AS MATERIALIZED (
      SELECT h.reaction, h.handled_at, h.attempt, (h.duration_us / 1000.0)::float8 AS processing, ${MADE} AS made,
        greatest(0, extract(epoch FROM h.handled_at)::float8 * 1000 - ${MADE}) AS critical
      FROM handled_events h WHERE h.event_id >= ${firstIdSince(now - WINDOW_MS)}::uuid ORDER BY h.event_id DESC LIMIT ${SAMPLE}
    ), figures AS (
      SELECT reaction, count(*)::int AS handled, (count(*) FILTER (WHERE attempt > 1))::int AS repeated, max(handled_at) AS last,
        percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY processing) AS processing,
        percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY critical) AS critical
      FROM latest GROUP BY reaction
    ), subscribed AS (
      SELECT reaction, array_agg(event_type ORDER BY event_type) AS types FROM subscriptions GROUP BY reaction
    ), open AS (
      SELECT reaction, (count(*) FILTER (WHERE state = 'retrying'))::int AS retrying,
        (count(*) FILTER (WHERE state = 'blocked'))::int AS blocked, (count(*) FILTER (WHERE state = 'held'))::int AS held
      FROM (
        SELECT reaction, 'retrying' AS state FROM deliveries WHERE state = 'retrying'
        UNION ALL SELECT reaction, state FROM deliveries WHERE state IN ('blocked', 'held')
      ) AS standing GROUP BY reaction
    ), dead AS (
      SELECT reaction, count(*)::int AS dead FROM deliveries WHERE state = 'dead' GROUP BY reaction
    )
    SELECT s.reaction, s.types AS "eventTypes", coalesce(f.handled, 0) AS handled, coalesce(f.repeated, 0) AS repeated,
      f.processing[1] AS "processingP50", f.processing[2] AS "processingP99", f.critical[1] AS "criticalP50",
      f.critical[2] AS "criticalP99", f.last AS "lastHandledAt", coalesce(o.retrying, 0) AS retrying,
      coalesce(o.blocked, 0) AS blocked, coalesce(o.held, 0) AS held, coalesce(d.dead, 0) AS dead,
      (SELECT min(made) FROM latest) AS oldest
    FROM subscribed s LEFT JOIN figures f USING (reaction) LEFT JOIN open o USING (reaction) LEFT JOIN dead d USING (reaction) ORDER BY s.reaction`
  const sampled = rows.reduce((sum, { handled }) => sum + handled, 0)
  const oldest = sampled < SAMPLE ? now - WINDOW_MS : (rows[0]?.oldest ?? now)
  const reactions = rows.map(({ oldest: _, ...figures }) => figures)
  return { seconds: Math.max(1, (now - oldest) / 1_000), reactions }
}
