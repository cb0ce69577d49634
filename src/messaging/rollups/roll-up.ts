import { z } from 'zod'
import { readRow, readRows, row, type Database } from '#platform/database'
import { Prisma } from '#prisma'
import type { Broker } from '../broker/broker.ts'
import type { Names } from '../broker/topology.ts'
import { countStretch, FINEST, type SpanOfEvents, type Stretch } from './count.ts'
import { mergeFigures, type Figures } from './figures.ts'
import { readWaiting } from './waiting.ts'

const DAY = 86_400
const MONTH = 31 * DAY

/** Seconds: what one row covers, and for how long it is kept. Each level is added up from the one before. */
export const LEVELS = [
  { step: FINEST, keep: DAY },
  { step: 300, keep: MONTH },
  { step: 3_600, keep: MONTH },
] as const

/** Seconds that the first run looks back, and that one statement counts. */
const FIRST_LOOK = 300
const AT_ONCE = 300

export interface RollUpOptions {
  db: Database
  /** For what waits on its queues; left out, or away: only what PostgreSQL keeps is told. */
  broker?: Pick<Broker, 'sizes' | 'publishingPaused'>
  names: Names
  spans?: readonly SpanOfEvents[]
  /** Unix seconds, a multiple of ten: counts up to there. @default the last one that is over, by the database's clock */
  now?: number
}

const Standing = row({ now: z.int(), reached: z.int().nullable() })

/**
 * Counts what has happened since the last run, in steps of ten seconds, from the rows that tell of it: a process that dies has
 * counted nothing that is lost with it, and a run that was missed is made up for. The last step is counted once more, for what
 * was written late in it; twice at once, or again, changes nothing.
 * @returns how many steps were counted
 */
export async function rollUp({ db, broker, names, spans = [], ...given }: RollUpOptions): Promise<number> {
  const standing = await readRow(db, Standing)`
    SELECT (floor(extract(epoch FROM clock_timestamp()) / ${FINEST}) * ${FINEST})::int AS now,
      (SELECT extract(epoch FROM max(at))::int FROM metric_rollups
        WHERE step = ${FINEST} AND at < clock_timestamp() + interval '1 minute') AS reached`
  const { now, reached } = { ...standing, ...given }
  const since = Math.max(reached ?? now - FIRST_LOOK, now - DAY)
  const idle = { sizes: () => Promise.resolve(new Map()), publishingPaused: true }
  const waiting = await readWaiting({ db, broker: broker ?? idle, names })
  for (let from = since; from < now; from += AT_ONCE) {
    const stretch = { from, to: Math.min(now, from + AT_ONCE) }
    const counted = await countStretch(db, stretch, spans)
    const last = now - FINEST
    if (counted.has(last)) counted.set(last, { ...counted.get(last)!, waiting })
    await write(db, FINEST, counted)
    await addUp(db, stretch)
  }
  return (now - since) / FINEST
}

/** Keeps what was told of that time about what waited: it can be told only once. */
async function write(db: Database, step: number, counted: ReadonlyMap<number, Figures>): Promise<void> {
  const rows = [...counted].map(([at, figures]) => ({ at, figures }))
  await db.$executeRaw`
    INSERT INTO metric_rollups AS r (step, at, figures)
    SELECT ${step}, to_timestamp(at), figures
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row(at int, figures jsonb) ORDER BY at
    ON CONFLICT (step, at) DO UPDATE SET figures = CASE
      WHEN excluded.figures->'waiting' = '{}' THEN excluded.figures || jsonb_build_object('waiting', r.figures->'waiting')
      ELSE excluded.figures END`
}

const Stored = row({ at: z.int(), figures: z.custom<Figures>() })

/** Rows of a step, in order. @param figures an expression for what is wanted of them, default all */
export function readStored(db: Database, step: number, { from, to }: Stretch, figures = Prisma.sql`figures`) {
  return readRows(db, Stored)`
    SELECT extract(epoch FROM at)::int AS at, ${figures} AS figures FROM metric_rollups
    WHERE step = ${step} AND at >= to_timestamp(${from}) AND at < to_timestamp(${to}) ORDER BY at`
}

/** Added up, by the beginning of longer steps. */
export function inSteps(rows: readonly z.infer<typeof Stored>[], step: number): Map<number, Figures> {
  const parts = new Map<number, Figures[]>()
  for (const { at, figures } of rows) {
    const begins = Math.floor(at / step) * step
    parts.set(begins, [...(parts.get(begins) ?? []), figures])
  }
  return new Map([...parts].map(([at, those]) => [at, mergeFigures(those)]))
}

/** Every longer step of which something was counted is added up anew from its parts, as long as all of them are there. */
async function addUp(db: Database, stretch: Stretch): Promise<void> {
  for (const [index, { step, keep }] of LEVELS.entries()) {
    const finer = LEVELS[index - 1]
    const ended = Math.floor(stretch.to / step) * step
    if (!finer || ended <= stretch.from) continue
    const from = Math.floor(stretch.from / step) * step
    const parts = await readStored(db, finer.step, { from, to: ended })
    await write(db, step, inSteps(parts, step))
    await forget(db, finer.step, finer.keep)
    await forget(db, step, keep)
  }
}

const forget = (db: Database, step: number, keep: number) =>
  db.$executeRaw`DELETE FROM metric_rollups WHERE step = ${step} AND at < now() - ${keep} * interval '1 second'`
