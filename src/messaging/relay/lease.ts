import type { Database, Transaction } from '#platform/database'

/** Milliseconds without renewal after which another relay takes over. */
export const LEASE_MS = 3_000
/** The holder stops acting this long before its lease ends by its own clock. */
const MARGIN_MS = 500
const RENEW_MS = LEASE_MS / 3

/**
 * The right to publish, for one relay at a time. Each change of holder raises the fencing token; a checkpoint is written
 * only with the current one, so a holder that was frozen and thawed can move nothing any more. After a thaw it also sees
 * by its own monotonic clock, before it publishes, that its time has run out. A timer renews it, whatever the holder waits for.
 *
 * A lease ends with PostgreSQL's timeline. What the holder remembers was read from a primary whose last commits the new
 * one may never have seen, and the new one hands out their positions again: every write asks for the timeline that the
 * lease was taken under, and that the sequence of positions has got as far as the checkpoint.
 */
export interface Lease {
  readonly token: bigint
  /** The checkpoint, as the lease row had it when it was taken or last moved. */
  readonly position: bigint
  /** False once the lease may have passed to another, or PostgreSQL to another primary. */
  readonly isSure: boolean
  /** Why it is not sure: a sentence for the log. */
  readonly ended: string | undefined
  /**
   * Writes the checkpoint and renews.
   * @param together written in the same transaction
   * @returns false when the lease is lost
   */
  advance(position: bigint, together?: (tx: Transaction) => Promise<unknown>): Promise<boolean>
  /** Lets go at once, so that the next relay need not wait. */
  release(): Promise<void>
}

interface LeaseOptions {
  db: Database
  name: string
  holder: string
  /**
   * The store is another one than the last holder knew: it was failed over or restored. Runs in the transaction that takes
   * the lease. @param checkpoint what is published by the store's own account
   */
  onOtherStore(tx: Transaction, found: { reason: string; checkpoint: bigint }): Promise<unknown>
}

interface LeaseRow {
  position: bigint
  isFree: boolean
  /** The timeline of the last holder, and of now. */
  before: string | null
  timeline: string | null
  /** The last position that was handed out. */
  drawn: bigint
}

/** Takes the lease when it is free or run out; undefined when another relay holds it. Times are the database's. */
export async function acquireLease(options: LeaseOptions): Promise<Lease | undefined> {
  const { db, name } = options
  const began = performance.now()
  await db.$executeRaw`INSERT INTO relay_leases (name, expires_at) VALUES (${name}, '-infinity') ON CONFLICT DO NOTHING`
  const taken = await db.$transaction((tx) => take(tx, options))
  return taken && hold(options, taken, began)
}

type Taken = NonNullable<Awaited<ReturnType<typeof take>>>

async function take(tx: Transaction, { name, holder, onOtherStore }: LeaseOptions) {
  const [row] = await tx.$queryRaw<LeaseRow[]>`
    SELECT position, expires_at < clock_timestamp() AS "isFree", timeline AS before, wal_timeline() AS timeline,
      (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM events_position_seq) AS drawn
    FROM relay_leases WHERE name = ${name} FOR UPDATE`
  if (!row?.isFree) return undefined
  const { timeline, before, drawn } = row
  const runsBackwards = row.position > drawn
  const position = runsBackwards ? await lastPosition(tx) : row.position
  const [{ token } = { token: 0n }] = await tx.$queryRaw<{ token: bigint }[]>`
    UPDATE relay_leases
    SET token = token + 1, holder = ${holder}, position = ${position}, timeline = ${timeline},
      expires_at = clock_timestamp() + make_interval(secs => ${LEASE_MS / 1000}::float8)
    WHERE name = ${name} RETURNING token`
  const reason = runsBackwards
    ? `positions run backwards: published up to ${row.position}, drawn up to ${drawn}`
    : `PostgreSQL has failed over or was restored: timeline ${before}, now ${timeline}`
  if (runsBackwards || (before && timeline && before !== timeline))
    await onOtherStore(tx, { reason, checkpoint: position })
  return { token, position, timeline }
}

/** Of the events that are there, once those who are appending have ended: nobody may commit below it afterwards. */
async function lastPosition(tx: Transaction): Promise<bigint> {
  await tx.$executeRaw`SET LOCAL lock_timeout = '2s'`
  await tx.$executeRaw`LOCK TABLE events IN SHARE MODE`
  const [row] = await tx.$queryRaw<{ last: bigint }[]>`SELECT coalesce(max(position), 0) AS last FROM events`
  return row!.last
}

function hold({ db, name }: LeaseOptions, taken: Taken, began: number): Lease {
  let { position } = taken
  const writer = createWriter(name, taken, began)
  let renewing = false
  const renew = async () => {
    if (renewing) return
    renewing = true
    await writer.write(db, position).catch(() => {}) // tried again by the next tick, until the lease has run out
    renewing = false
  }
  const timer = setInterval(() => void renew(), RENEW_MS)
  return {
    token: taken.token,
    get position() {
      return position
    },
    get isSure() {
      return writer.ended === undefined
    },
    get ended() {
      return writer.ended
    },
    async advance(to, together) {
      const writeBoth = async (tx: Transaction) => (await writer.write(tx, to)) && (await together!(tx), true)
      const moved = together ? await db.$transaction(writeBoth) : await writer.write(db, to)
      if (moved) position = to
      return moved
    },
    async release() {
      clearInterval(timer)
      await db.$executeRaw`
        UPDATE relay_leases SET expires_at = '-infinity', holder = NULL WHERE name = ${name} AND token = ${taken.token}`
    },
  }
}

/** Writes the lease row under the token and the timeline that it was taken under, and knows for how long it is sure. */
function createWriter(name: string, { token, timeline }: Taken, began: number) {
  let sureUntil = began + LEASE_MS - MARGIN_MS
  let lost: string | undefined
  return {
    /** @returns false when the lease is lost */
    async write(tx: Transaction, to: bigint): Promise<boolean> {
      const started = performance.now()
      const moved = await tx.$executeRaw`
        UPDATE relay_leases
        SET position = greatest(position, ${to}), expires_at = clock_timestamp() + make_interval(secs => ${LEASE_MS / 1000}::float8)
        WHERE name = ${name} AND token = ${token} AND ${timeline}::text IS NOT DISTINCT FROM wal_timeline()
          AND (SELECT last_value FROM events_position_seq) >= ${to}`
      if (moved === 0) lost ??= await findReason(tx, name, token, timeline)
      else sureUntil = Math.max(sureUntil, started + LEASE_MS - MARGIN_MS)
      return moved > 0
    },
    get ended() {
      if (lost !== undefined || performance.now() < sureUntil) return lost
      return 'it ran out: PostgreSQL did not answer in time, or this process stood still'
    },
  }
}

async function findReason(tx: Transaction, name: string, token: bigint, timeline: string | null) {
  const [row] = await tx.$queryRaw<{ token: bigint; holder: string | null; timeline: string | null }[]>`
    SELECT token, holder, wal_timeline() AS timeline FROM relay_leases WHERE name = ${name}`
  if (!row) return 'its row is gone'
  if (row.token !== token) return `it was taken over by ${row.holder ?? 'another relay'}`
  if (row.timeline !== timeline) return `PostgreSQL has failed over: timeline ${timeline}, now ${row.timeline}`
  return 'positions run backwards: what was published is beyond what the store has handed out'
}
