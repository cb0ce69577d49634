import { setTimeout as wait } from 'node:timers/promises'
import { createBackoff } from '#platform/backoff'
import { createBell } from '#platform/process/bell'
import { isDatabaseOutage, type Database, type Transaction } from '#platform/database'
import type { Logger } from '#platform/log/logger'
import { inSpan, sharedBy } from '#platform/tracing'
import { Prisma } from '#prisma'
import { UnreadableEvent } from '../errors.ts'
import { paceLooks } from '../event-store/pace-looks.ts'
import { acquireLease, type Lease } from '../lease/lease.ts'
import { projectionPosition } from '../metrics.ts'
import { applyPortion, NotApplied, Superseded, type Target } from './apply.ts'
import type { Projection } from './define-projection.ts'
import { createStoreReader, type Portion } from './read-store.ts'
import { readStanding, type Standing } from './standing.ts'

export interface ProjectionRuntime {
  db: Database
  log: Logger
  /** Names this process as the holder of a lease. */
  instance: string
  /** Milliseconds between looks at the event store when no wake-up comes. @default as `paceLooks` says */
  pollMs?: number
}

export interface RunningProjections {
  /** Something was committed: look now. */
  wake(): void
  stop(): Promise<void>
}

/** Milliseconds without renewal after which another process takes a projection over. */
const LEASE_MS = 5_000
/** Milliseconds from one small batch to the next: an event that meets an idle projection waits for nothing. */
const LINGER_MS = 100
/** Milliseconds until a projection that may not go on is looked at again. */
const IDLE_MS = 1_000
const FIRST_RETRY_MS = 250
const LONGEST_RETRY_MS = 5_000

/**
 * Keeps the tables of projections current. Of all processes that run one, the holder of its lease does; another takes over
 * within about `LEASE_MS`. A projection that fails stands still with its reason, and the others go on.
 */
export function runProjections(projections: readonly Projection[], runtime: ProjectionRuntime): RunningProjections {
  const running = projections.map((projection) => runProjection(projection, runtime))
  return {
    wake: () => running.forEach(({ wake }) => wake()),
    stop: () => Promise.all(running.map(({ stop }) => stop())).then(() => {}),
  }
}

function runProjection(projection: Projection, runtime: ProjectionRuntime): RunningProjections {
  const stopping = new AbortController()
  const { signal } = stopping
  const bell = createBell()
  signal.addEventListener('abort', bell.ring)
  const backoff = createBackoff(FIRST_RETRY_MS, LONGEST_RETRY_MS)
  const shift = createShift(projection, { ...runtime, signal, bell: bell.wait })
  const run = async () => {
    while (!signal.aborted) {
      try {
        await shift()
        backoff.reset()
      } catch (error) {
        runtime.log.warn(
          { projection: projection.name, reason: (error as Error).message },
          'a projection was interrupted, going on from its position',
        )
        await wait(backoff.next(), undefined, { signal }).catch(() => {})
      }
    }
  }
  const ended = run()
  return {
    wake: bell.ring,
    async stop() {
      stopping.abort()
      await ended
    },
  }
}

interface Shift extends ProjectionRuntime {
  signal: AbortSignal
  bell(ms: number): Promise<boolean>
}

/** One try to hold the projection, and what is done while it is held. */
function createShift(projection: Projection, shift: Shift): () => Promise<void> {
  const { db, log, instance, signal } = shift
  const { name } = projection
  const pauseFor = (ms: number) => wait(ms, undefined, { signal }).catch(() => {})
  let told: string | undefined
  return async () => {
    const idle = whyIdle(projection, await readStanding(db, name))
    if (idle !== told && idle) log.warn({ projection: name, reason: idle }, 'a projection stands still')
    told = idle
    if (idle) return pauseFor(IDLE_MS)
    const begin = (tx: Transaction) => readStanding(tx, name) // a second connection could be waited for by all who hold one
    const acquired = await acquireLease({ db, name: `projection ${name}`, holder: instance, leaseMs: LEASE_MS, begin })
    if (!acquired) return pauseFor(LEASE_MS / 3)
    const { lease, found } = acquired
    try {
      if (found && !whyIdle(projection, found)) await follow(projection, { ...shift, lease, standing: found })
    } catch (error) {
      if (!(error instanceof UnreadableEvent)) throw error
      log.warn({ projection: name, reason: error.message }, 'a projection waits for a newer release')
      await lease.release().catch(() => {})
      await pauseFor(LONGEST_RETRY_MS)
    } finally {
      await lease.release().catch(() => {}) // or it runs out by itself
    }
  }
}

/** Why this process may not keep it current; undefined when it may. */
function whyIdle({ version }: Projection, standing: Standing | null): string | undefined {
  if (!standing) return 'it is not registered any more'
  if (standing.version < version)
    return `its tables are of version ${standing.version}, and this process knows version ${version}: rebuild it`
  if (standing.version > version)
    return `its tables are of version ${standing.version}, of a newer release than this process`
  if (standing.state === 'failed') return `it has failed: ${standing.reason}`
  return standing.state === 'running' ? undefined : `it is ${standing.state}`
}

interface Held extends Shift {
  lease: Lease
  standing: Standing
}

/** Applies what is stored, and then what comes, until the lease, the right or the process ends. */
async function follow(projection: Projection, held: Held): Promise<void> {
  const { db, log, lease, standing, signal, bell } = held
  const { name, batchSize } = projection
  const looks = paceLooks(bell, held.pollMs)
  const reader = createStoreReader({ db, log, types: projection.on.map(({ type }) => type) })
  let { position } = standing
  const target: Target = {
    db,
    schema: projection.schema,
    move: (tx, from, to) => lease.write(advance(standing, from, to), tx),
  }
  log.info({ projection: name, position: String(position) }, 'projecting')
  while (!signal.aborted && lease.isSure) {
    const began = performance.now()
    const portion = await reader.read(position, batchSize)
    const isNews = portion.position > position
    looks.looked({ isNews })
    if (isNews && !(await applied(projection, target, portion, held))) return
    position = portion.position
    projectionPosition.set({ projection: name }, Number(position))
    if (portion.waitingMs !== undefined) await reader.waitAtGap(portion.waitingMs, position, bell)
    else if (!portion.isFull) {
      const left = LINGER_MS - (performance.now() - began)
      if (isNews && left > 0) await wait(left, undefined, { signal }).catch(() => {})
      await looks.pause()
    }
  }
}

/** @returns false when the projection is not ours any more, or has failed */
async function applied(projection: Projection, target: Target, portion: Portion, { db, log, standing }: Held) {
  try {
    await inProjectionSpan(projection, portion, () => applyPortion(projection, target, portion))
    return true
  } catch (error) {
    if (error instanceof Superseded) return false
    if (error instanceof UnreadableEvent || isDatabaseOutage(error)) throw error
    if (!(error instanceof NotApplied)) throw error
    await fail(db, standing, error)
    log.warn(
      { projection: projection.name, reason: error.message, err: error },
      'a projection has failed and stands still',
    )
    return false
  }
}

/** Spans that one links to at most: a projection that catches up reads thousands of events at once. */
const MOST_LINKS = 100

function inProjectionSpan({ name }: Projection, { rows }: Portion, apply: () => Promise<void>): Promise<void> {
  const { parent, links } = sharedBy(rows.map(({ traceparent }) => traceparent))
  const attributes = { 'fanfare.projection': name, 'fanfare.events': rows.length }
  return inSpan(`project ${name}`, { parent, links: links.slice(0, MOST_LINKS), attributes }, apply)
}

function advance({ name, version, generation }: Standing, from: bigint, to: bigint) {
  return Prisma.sql`
    UPDATE projections SET position = ${to}, as_of = (SELECT occurred_at FROM events WHERE position = ${to}) FROM held
    WHERE projections.name = ${name} AND version = ${version} AND generation = ${generation}
      AND state = 'running' AND projections.position = ${from}`
}

async function fail(db: Database, { name, generation }: Standing, { message, position }: NotApplied) {
  await db.$executeRaw`
    UPDATE projections SET state = 'failed', reason = ${message}, failed_position = ${position}, since = now()
    WHERE name = ${name} AND generation = ${generation} AND state = 'running'`
}
