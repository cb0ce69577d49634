import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import { firstIdSince } from '#platform/uuid'
import { Prisma } from '#prisma'
import { mergeFigures, NO_FIGURES, NOTHING_DONE, type Figures, type ReactionCounts } from './figures.ts'

/** Time from one event of a conversation to another. */
export interface SpanOfEvents {
  name: string
  from: string
  to: string
}

/** From a beginning up to an end that does not belong to it, as Unix seconds. */
export interface Stretch {
  from: number
  to: number
}

/** Seconds. */
export const FINEST = 10

/** Figures by the beginning of their ten seconds, as Unix seconds: what rows of the database tell of a stretch. */
export async function countStretch(
  db: Database,
  stretch: Stretch,
  spans: readonly SpanOfEvents[],
): Promise<Map<number, Figures>> {
  const counted = [
    ...(await countPublished(db, stretch)),
    ...(await countHandled(db, stretch)),
    ...(await countFailed(db, stretch)),
    ...(await countSpans(db, stretch, spans)),
  ]
  const parts = new Map<number, Figures[]>()
  for (let at = stretch.from; at < stretch.to; at += FINEST) parts.set(at, [])
  for (const [at, figures] of counted) parts.get(at)?.push(figures)
  return new Map([...parts].map(([at, those]) => [at, mergeFigures(those)]))
}

type Part = [at: number, figures: Figures]

const part = (at: number, change: Partial<Figures>): Part => [at, { ...NO_FIGURES, ...change }]
const ofReaction = (at: number, reaction: string, change: Partial<ReactionCounts>) =>
  part(at, { reactions: { [reaction]: { ...NOTHING_DONE, ...change } } })

/** The ten seconds that a moment belongs to; ids begin with the Unix milliseconds of their making. */
const tenOf = (seconds: Prisma.Sql) => Prisma.sql`(floor(${seconds} / ${FINEST}) * ${FINEST})::int`
const madeOf = (id: Prisma.Sql) => Prisma.sql`('x' || left(replace(${id}::text, '-', ''), 12))::bit(48)::bigint::float8`
const epochOf = (moment: Prisma.Sql) => Prisma.sql`extract(epoch FROM ${moment})::float8`
/** As `bucketOf` in histogram.ts. */
const bucketOf = (ms: Prisma.Sql) => Prisma.sql`(ceil(4 * ln(greatest(1, ${ms})) / ln(2::float8)) - 1)::int`

const withId = (column: Prisma.Sql, { from, to }: Stretch) =>
  Prisma.sql`${column} >= ${firstIdSince(from * 1_000)}::uuid AND ${column} < ${firstIdSince(to * 1_000)}::uuid`
const within = (column: Prisma.Sql, { from, to }: Stretch) =>
  Prisma.sql`${column} >= ${new Date(from * 1_000)} AND ${column} < ${new Date(to * 1_000)}`

const Published = row({ at: z.int(), type: z.string(), count: z.int() })

async function countPublished(db: Database, stretch: Stretch): Promise<Part[]> {
  const id = Prisma.sql`id`
  const rows = await readRows(db, Published)`
    SELECT ${tenOf(Prisma.sql`(${madeOf(id)} / 1000)`)} AS at, type, count(*)::int AS count
    FROM events WHERE ${withId(id, stretch)} GROUP BY 1, 2`
  return rows.map(({ at, type, count }) => part(at, { published: { [type]: count } }))
}

const Handled = row({
  at: z.int(),
  reaction: z.string(),
  /** Empty in a row that counts by `processing`. */
  critical: z.int().nullable(),
  processing: z.int().nullable(),
  count: z.int(),
  repeated: z.int(),
})

async function countHandled(db: Database, stretch: Stretch): Promise<Part[]> {
  const seconds = epochOf(Prisma.sql`handled_at`)
  const rows = await readRows(db, Handled)`
    WITH handled AS (
      SELECT reaction, attempt, ${tenOf(seconds)} AS at,
        ${bucketOf(Prisma.sql`(${seconds} * 1000 - ${madeOf(Prisma.sql`event_id`)})`)} AS critical,
        ${bucketOf(Prisma.sql`(duration_us / 1000.0)::float8`)} AS processing
      FROM handled_events WHERE ${within(Prisma.sql`handled_at`, stretch)}
    )
    SELECT at, reaction, critical, processing, count(*)::int AS count, (count(*) FILTER (WHERE attempt > 1))::int AS repeated
    FROM handled GROUP BY GROUPING SETS ((at, reaction, critical), (at, reaction, processing))`
  return rows.map(({ at, reaction, critical, processing, count, repeated }) =>
    critical === null
      ? ofReaction(at, reaction, { processing: { [String(processing)]: count } })
      : ofReaction(at, reaction, { critical: { [critical]: count }, repeated }),
  )
}

const Failed = row({ at: z.int(), reaction: z.string(), failed: z.int(), dead: z.int() })

async function countFailed(db: Database, stretch: Stretch): Promise<Part[]> {
  const at = Prisma.sql`at`
  const rows = await readRows(db, Failed)`
    SELECT ${tenOf(epochOf(at))} AS at, reaction, (count(*) FILTER (WHERE what = 'failed'))::int AS failed,
      (count(*) FILTER (WHERE what = 'dead'))::int AS dead
    FROM delivery_history WHERE ${within(at, stretch)} AND what IN ('failed', 'dead') GROUP BY 1, 2`
  return rows.map(({ at, reaction, ...counts }) => ofReaction(at, reaction, counts))
}

const Spanned = row({ at: z.int(), name: z.string(), bucket: z.int(), count: z.int() })

async function countSpans(db: Database, stretch: Stretch, spans: readonly SpanOfEvents[]): Promise<Part[]> {
  if (spans.length === 0) return []
  const ms = Prisma.sql`(${epochOf(Prisma.sql`(ended.occurred_at - begun.occurred_at)`)} * 1000)`
  const rows = await readRows(db, Spanned)`
    WITH span AS (
      SELECT name, "from", "to" FROM jsonb_to_recordset(${JSON.stringify(spans)}::jsonb) AS row(name text, "from" text, "to" text)
    ), ended AS MATERIALIZED (
      SELECT id, type, correlation_id, occurred_at FROM events
      WHERE ${withId(Prisma.sql`id`, stretch)} AND type = ANY (${spans.map(({ to }) => to)})
    )
    SELECT ${tenOf(Prisma.sql`(${madeOf(Prisma.sql`ended.id`)} / 1000)`)} AS at, name, ${bucketOf(ms)} AS bucket, count(*)::int AS count
    FROM ended JOIN span ON span."to" = ended.type CROSS JOIN LATERAL (
      SELECT occurred_at FROM events WHERE correlation_id = ended.correlation_id AND type = span."from" LIMIT 1
    ) AS begun
    GROUP BY 1, 2, 3`
  return rows.map(({ at, name, bucket, count }) => part(at, { spans: { [name]: { [bucket]: count } } }))
}
