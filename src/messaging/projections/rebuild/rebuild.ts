import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { readRow, row, type Database, type Transaction } from '#platform/database'
import type { Logger } from '#platform/log/logger'
import { holdReadModels } from '#platform/sealing'
import { Prisma } from '#prisma'
import { acquireLease, type Lease } from '../../lease/lease.ts'
import { applyPortion } from '../apply.ts'
import type { Projection } from '../define-projection.ts'
import { createStoreReader } from '../read-store.ts'
import { ProjectionRefused, readStanding, register } from '../standing.ts'
import { dropTables, fingerprintOf, renameTables } from '../tables.ts'
import { catchUpWithin, compareTables, type TableDifference } from './compare.ts'
import { openShadow, type Shadow } from './shadow.ts'

export interface RebuildOptions {
  db: Database
  log: Logger
  /** Names this process while it rebuilds. */
  instance: string
  /** Begins anew, also where an earlier rebuild was cut short. @default false */
  restart?: boolean
  /** Most positions of one transaction. @default 5000 */
  batchSize?: number
  /** Called after each transaction. */
  onProgress?: (progress: RebuildProgress) => void
  /** Compares the tables before they are swapped; they stay as they are when this answers false. @default no comparison */
  accept?: (differences: TableDifference[]) => Promise<boolean>
  /** Stops after the transaction under way; the next call goes on from there. */
  signal?: AbortSignal
}

export interface RebuildProgress {
  /** Where the rebuild began: above 0 when it goes on from an earlier one. */
  from: bigint
  position: bigint
  /** The last position that is known of the event store. */
  to: bigint
}

export interface Rebuilt {
  outcome: 'swapped' | 'stopped' | 'refused'
  from: bigint
  position: bigint
  ms: number
}

const LEASE_MS = 10_000
const BATCH = 5_000

/**
 * Builds the tables of a projection anew, from all events, beside the present ones, which are kept current and answer as before;
 * then puts them in the place of those, in one transaction. Cut short anywhere, it goes on when it is called again.
 * @throws ProjectionRefused; NotApplied when the projection fails on an event
 */
export async function rebuild(projection: Projection, options: RebuildOptions): Promise<Rebuilt> {
  const { db, instance, restart = false, accept, signal } = options
  const began = performance.now()
  if (!(await readStanding(db, projection.name))) await register(db, [projection])
  const lease = await holdRebuild(db, projection, instance)
  try {
    const shadow = await openShadow(db, projection, lease, restart)
    const from = shadow.position
    const ended = (outcome: Rebuilt['outcome']) => ({
      outcome,
      from,
      position: shadow.position,
      ms: performance.now() - began,
    })
    const build = createBuild(projection, shadow, options)
    if (accept) {
      await build(() => presentPosition(db, projection))
      if (signal?.aborted) return ended('stopped')
      if (!(await accept(await compareTables(db, projection, shadow)))) return ended('refused')
    }
    await build()
    if (signal?.aborted) return ended('stopped')
    await swap(projection, shadow, lease, db)
    return ended('swapped')
  } finally {
    await lease.release()
  }
}

async function holdRebuild(db: Database, { name }: Projection, holder: string): Promise<Lease> {
  const acquired = await acquireLease({ db, name: `rebuild ${name}`, holder, leaseMs: LEASE_MS, begin: async () => {} })
  if (!acquired) throw new ProjectionRefused(`${name} is being rebuilt by another process.`)
  return acquired.lease
}

const Last = row({ last: z.bigint().nullable() })

async function lastPosition(db: Database): Promise<bigint> {
  return (await readRow(db, Last)`SELECT max(position) AS last FROM events`).last ?? 0n
}

async function presentPosition(db: Database, { name }: Projection): Promise<bigint> {
  return (await readStanding(db, name))?.position ?? 0n
}

/** Applies what is stored until nothing is left. While PostgreSQL applies one batch, the next one is read and decoded. */
function createBuild(projection: Projection, shadow: Shadow, options: RebuildOptions) {
  const { db, log, batchSize = BATCH, onProgress, signal } = options
  const from = shadow.position
  /** @param limit reads no further than this, asked again before each read */
  return async (limit = async (): Promise<bigint | undefined> => undefined): Promise<void> => {
    const reader = createStoreReader({ db, log, types: projection.on.map(({ type }) => type) })
    let to = await lastPosition(db)
    let readTo = shadow.position
    const read = async () => {
      const portion = await reader.read(readTo, batchSize, await limit())
      readTo = portion.position
      return portion
    }
    let next = read()
    for (let portion = await next; !signal?.aborted; portion = await next) {
      const { waitingMs, isFull, position } = portion
      if (isFull) next = read()
      next.catch(() => {}) // looked at by the loop
      if (position > shadow.position) await applyPortion(projection, shadow, portion)
      shadow.position = position
      if (position > to) to = await lastPosition(db)
      onProgress?.({ from, position: shadow.position, to })
      if (waitingMs !== undefined) await reader.waitAtGap(waitingMs, position, wait)
      else if (!isFull) return
      if (!isFull) next = read()
    }
    await next
  }
}

/**
 * The shadow becomes the projection. Whoever keeps the present tables current waits at their row, and finds another generation
 * there. The shadow is brought as far as these tables before, so that no answer goes back in time.
 */
async function swap(projection: Projection, shadow: Shadow, lease: Lease, db: Database): Promise<void> {
  const { name, version, schema } = projection
  const old = `${schema}_old`
  await dropOld(db, old)
  await db.$transaction(
    async (tx) => {
      await holdReadModels(tx)
      await tx.$executeRaw`SELECT FROM projections WHERE name = ${name} FOR UPDATE`
      const { position } = await tx.projection.findUniqueOrThrow({ where: { name } })
      await catchUpWithin(tx, projection, shadow, shadow.position, position)
      if (await hasSchema(tx, schema)) await renameTables(tx, schema, old)
      await renameTables(tx, shadow.schema, schema)
      await tx.projectionShadow.delete({ where: { name } })
      const reached = position > shadow.position ? position : shadow.position
      const replaced = await lease.write(replace(name, version, fingerprintOf(projection), reached), tx)
      if (!replaced) throw new ProjectionRefused(`${name}: the rebuild has lost its lease: ${lease.ended}`)
    },
    { timeout: SWAP_MS },
  )
  await dropOld(db, old)
}

/** Not while somebody looks what there is to sweep. */
async function dropOld(db: Database, schema: string) {
  await db.$transaction(
    async (tx) => {
      await holdReadModels(tx)
      await dropTables(tx, schema)
    },
    { timeout: SWAP_MS },
  )
}

/** Milliseconds that the last events and the swap may take. */
const SWAP_MS = 60_000

const Found = row({ found: z.boolean() })

async function hasSchema(tx: Transaction, schema: string): Promise<boolean> {
  return (await readRow(tx, Found)`SELECT to_regnamespace(${schema}) IS NOT NULL AS found`).found
}

const replace = (name: string, version: number, tables: string, position: bigint) => Prisma.sql`
  UPDATE projections SET version = ${version}, tables = ${tables}, generation = generation + 1, position = ${position},
    as_of = (SELECT occurred_at FROM events WHERE position = ${position}), reason = NULL, failed_position = NULL,
    state = CASE state WHEN 'failed' THEN 'running' ELSE state END, since = now()
  FROM held WHERE projections.name = ${name}`
