import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import { Prisma } from '#prisma'
import type { Stretch } from './count.ts'
import type { Figures, Waiting } from './figures.ts'
import { inSteps, LEVELS, readStored } from './roll-up.ts'

export interface RolledUp {
  /** The beginning, as Unix seconds. */
  at: number
  /** How many of its seconds were counted: of the latest step only some. */
  seconds: number
  figures: Figures
}

interface Wanted extends Stretch {
  /** A multiple of 10 seconds. */
  step: number
  /** What is told of what reactions did: of all, of none, or of the one of that name, and then what waited for it alone. @default 'all' */
  reactions?: string
}

/**
 * The figures of a time in steps; a step of which nothing was counted is missing. Read from the longest level that fits, and the end of
 * it from the shorter ones, which are there before it is full.
 */
export async function readRollups(db: Database, wanted: Wanted): Promise<RolledUp[]> {
  const { from, to, step, reactions = 'all' } = wanted
  const figures = figuresOf(reactions)
  const levels = LEVELS.filter((level) => step % level.step === 0).toReversed()
  const rows: Omit<RolledUp, 'seconds'>[] = []
  const seconds = new Map<number, number>()
  let reached = from
  for (const level of levels) {
    const begins = Math.ceil(reached / level.step) * level.step
    const read = reached < to ? await readStored(db, level.step, { from: begins, to }, figures) : []
    rows.push(...read)
    for (const { at } of read) {
      const begin = Math.floor(at / step) * step
      seconds.set(begin, (seconds.get(begin) ?? 0) + level.step)
    }
    reached = read.length > 0 ? read.at(-1)!.at + level.step : reached
  }
  return [...inSteps(rows, step)].map(([at, figures]) => ({ at, seconds: seconds.get(at)!, figures }))
}

/** Most of the figures are those of reactions: where they are not wanted, they do not leave the database. */
function figuresOf(reactions: string): Prisma.Sql {
  if (reactions === 'all') return Prisma.sql`figures`
  const only = (part: Prisma.Sql) =>
    Prisma.sql`jsonb_strip_nulls(jsonb_build_object(${reactions}::text, ${part} -> ${reactions}::text))`
  const [did, waited] = [Prisma.sql`figures -> 'reactions'`, Prisma.sql`figures -> 'waiting'`]
  const [reaction, waiting] = reactions === 'none' ? [Prisma.sql`'{}'::jsonb`, waited] : [only(did), only(waited)]
  return Prisma.sql`jsonb_build_object('published', figures -> 'published', 'spans', figures -> 'spans', 'reactions', ${reaction},
    'waiting', ${waiting})`
}

const Latest = row({ waiting: z.custom<Readonly<Record<string, Waiting>>>() })

/** What waited when it was last looked at, by reaction; nothing when that is more than a minute ago. */
export async function readLatestWaiting(db: Database): Promise<Readonly<Record<string, Waiting>>> {
  const [latest] = await readRows(db, Latest)`
    SELECT figures->'waiting' AS waiting FROM metric_rollups
    WHERE step = ${LEVELS[0].step} AND at BETWEEN now() - interval '1 minute' AND now() + interval '1 minute' ORDER BY at DESC LIMIT 1`
  return latest?.waiting ?? {}
}
