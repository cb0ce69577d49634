import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { isDatabaseOutage, isTransientConflict, readRows, row, sqlStateOf, type Database } from '#platform/database'
import { readStanding } from './standing.ts'

/** How far an answer reaches: everything up to here is in it. */
export interface CurrentTo {
  position: bigint
  /** When the event at `position` was stored. */
  asOf: Date | null
}

/** Why an answer that was to contain something cannot be given yet. */
export interface Late extends CurrentTo {
  projection: string
  /** What was asked for, as it was asked. */
  after: string
  state: string
}

export interface ProjectionReaderOptions {
  db: Database
  /** A read replica. It is asked first; what it cannot answer the primary does. */
  replica?: Database | undefined
  /** Makes what is thrown for somebody who has waited in vain. */
  tooEarly(late: Late): Error
  /** Makes what is thrown when there are no tables, or those of another version. */
  notBuilt(projection: string, cause?: unknown): Error
  /** Milliseconds that an answer waits for what it is to contain. @default 2000 */
  patienceMs?: number
}

export interface ProjectionReader {
  /**
   * Answers from the tables of a projection, and says how far they reach.
   * @param after a position, or `<stream>@<version>`: waits until the tables contain that event (read your own writes)
   */
  read<T>(projection: string, after: string | undefined, query: (db: Database) => Promise<T>): Promise<Answer<T>>
}

export interface Answer<T> extends CurrentTo {
  result: T
}

const PATIENCE_MS = 2_000
const LOOK_MS = 20

/** Reads projections, on a replica where there is one. */
export function createProjectionReader(options: ProjectionReaderOptions): ProjectionReader {
  const { db, replica } = options
  return {
    async read(projection, after, query) {
      if (replica) {
        try {
          return await readFrom(replica, projection, after, query, options)
        } catch (error) {
          if (!isDatabaseOutage(error) && !isTransientConflict(error)) throw error
        }
      }
      return readFrom(db, projection, after, query, options)
    },
  }
}

async function readFrom<T>(
  db: Database,
  projection: string,
  after: string | undefined,
  query: (db: Database) => Promise<T>,
  options: ProjectionReaderOptions,
): Promise<Answer<T>> {
  try {
    // The position first: what comes meanwhile may be in the answer, and nothing that it promises is missing.
    const { position, asOf } = await standingAfter(db, projection, after, options)
    return { result: await query(db), position, asOf }
  } catch (error) {
    if (MISSING.has(sqlStateOf(error) ?? '')) throw options.notBuilt(projection, error)
    throw error
  }
}

/** A table, a column or a schema is not there. */
const MISSING = new Set(['42P01', '42703', '3F000'])

async function standingAfter(
  db: Database,
  projection: string,
  after: string | undefined,
  { tooEarly, notBuilt, patienceMs = PATIENCE_MS }: ProjectionReaderOptions,
) {
  const end = performance.now() + patienceMs
  for (let wanted: bigint | undefined; ; await wait(LOOK_MS)) {
    if (after !== undefined) wanted ??= await positionOf(db, after)
    const standing = await readStanding(db, projection)
    if (!standing) throw notBuilt(projection)
    if (after === undefined || (wanted !== undefined && standing.position >= wanted)) return standing
    if (performance.now() > end) throw tooEarly({ ...standing, projection, after })
  }
}

const Place = row({ position: z.bigint() })

/** Undefined while this server does not have the event. One that is archived, every projection has passed. */
async function positionOf(db: Database, after: string): Promise<bigint | undefined> {
  if (/^\d+$/.test(after)) return BigInt(after)
  const at = after.lastIndexOf('@')
  const [stream, version] = [after.slice(0, at), Number(after.slice(at + 1))]
  const [place] = await readRows(db, Place)`
    SELECT position FROM events WHERE stream = ${stream} AND stream_version = ${version}
    UNION ALL SELECT 0 FROM streams WHERE stream = ${stream} AND streams.version >= ${version}
    ORDER BY position DESC LIMIT 1`
  return place?.position
}
