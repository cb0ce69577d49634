import { z } from 'zod'
import { readRow, readRows, row, type Database, type Transaction } from '#platform/database'
import { Prisma } from '#prisma'

/** The holder stops acting when this share of the lease is left by its own clock. */
const MARGIN = 1 / 6
const RENEWALS = 3

/**
 * The right to do something that one process at a time may do. Each change of holder raises the fencing token, and what the
 * holder writes under the lease is written only with the current one: a holder that was frozen and thawed can write nothing
 * any more. After a thaw it also sees by its own monotonic clock that its time has run out. A timer renews it, whatever the
 * holder waits for.
 *
 * A lease ends with PostgreSQL's timeline. What the holder remembers was read from a primary whose last commits the new
 * one may never have seen, so every write asks for the timeline that the lease was taken under.
 */
export interface Lease {
  readonly token: bigint
  /** False once the lease may have passed to another, or PostgreSQL to another primary. */
  readonly isSure: boolean
  /** Why it is not sure: a sentence for the log. */
  readonly ended: string | undefined
  /**
   * Renews the lease, and writes under it in the same statement. @param update `UPDATE … FROM held WHERE …`: `held` is a
   * row while the lease stands, and none once it is lost
   * @returns false when nothing was written: the lease is lost (see `ended`), or the update's own condition does not hold
   */
  write(update: Prisma.Sql, tx?: Transaction): Promise<boolean>
  /** Renews it at once, unless it is sure. @throws when it is lost */
  confirm(): Promise<void>
  /** What the holder knows has turned out to be worth nothing. */
  end(reason: string): void
  /** Lets go at once, so that the next holder need not wait. Nothing is written under it afterwards. */
  release(): Promise<void>
}

export interface LeaseOptions<Found> {
  db: Database
  /** What it is the right to do. */
  name: string
  /** Names the process that takes it. */
  holder: string
  /** Milliseconds without renewal after which another process may take it. */
  leaseMs: number
  /**
   * Reads what the holder goes on from, in the transaction that takes the lease. @param otherStore a sentence, when PostgreSQL
   * is on another timeline than under the last holder: it was failed over or restored
   */
  begin(tx: Transaction, otherStore: string | undefined): Promise<Found>
}

/** Takes a lease that is free or run out; undefined when another process holds it. Times are the database's. */
export async function acquireLease<Found>(
  options: LeaseOptions<Found>,
): Promise<{ lease: Lease; found: Found } | undefined> {
  const { db, name } = options
  const began = performance.now()
  await db.$executeRaw`INSERT INTO leases (name, expires_at) VALUES (${name}, '-infinity') ON CONFLICT DO NOTHING`
  const taken = await db.$transaction((tx) => take(tx, options))
  return taken && { lease: keep(options, taken, began), found: taken.found }
}

interface Taken {
  token: bigint
  timeline: string | null
}

const Standing = row({ before: z.string().nullable(), timeline: z.string().nullable() })
const Token = row({ token: z.bigint() })

async function take<Found>(tx: Transaction, { name, holder, leaseMs, begin }: LeaseOptions<Found>) {
  // One that is held is not locked: who asks may freeze, and the holder could not renew it any more.
  const [standing] = await readRows(tx, Standing)`
    SELECT timeline AS before, wal_timeline() AS timeline
    FROM leases WHERE name = ${name} AND expires_at < clock_timestamp() FOR UPDATE`
  if (!standing) return undefined
  const { before, timeline } = standing
  const { token } = await readRow(tx, Token)`
    UPDATE leases SET token = token + 1, holder = ${holder}, timeline = ${timeline}, expires_at = ${afterMs(leaseMs)}
    WHERE name = ${name} RETURNING token`
  const isOther = before && timeline && before !== timeline
  const sentence = `PostgreSQL has failed over or was restored: timeline ${before}, now ${timeline}`
  return { token, timeline, found: await begin(tx, isOther ? sentence : undefined) }
}

const afterMs = (ms: number) => Prisma.sql`clock_timestamp() + make_interval(secs => ${ms / 1000}::float8)`

/** The lease row under the token and the timeline that it was taken under, renewed by a timer. */
function keep({ db, name, leaseMs }: LeaseOptions<unknown>, { token, timeline }: Taken, began: number): Lease {
  const marginMs = leaseMs * MARGIN
  let sureUntil = began + leaseMs - marginMs
  let lost: string | undefined

  const renewal = Prisma.sql`
    UPDATE leases SET expires_at = ${afterMs(leaseMs)}
    WHERE name = ${name} AND token = ${token} AND ${timeline}::text IS NOT DISTINCT FROM wal_timeline()`
  /** @returns false when it touched nothing */
  const run = async (statement: Prisma.Sql, tx: Transaction) => {
    const started = performance.now()
    const touched = await tx.$executeRaw(statement)
    if (touched === 0) lost ??= await findReason(tx, name, { token, timeline })
    const isCommitted = tx === db
    if (isCommitted && lost === undefined) sureUntil = Math.max(sureUntil, started + leaseMs - marginMs)
    return touched > 0
  }

  let renewing = false
  const renew = async () => {
    if (renewing) return
    renewing = true
    await run(renewal, db).catch(() => {}) // tried again by the next tick, until the lease has run out
    renewing = false
  }
  const timer = setInterval(() => void renew(), leaseMs / RENEWALS)

  const lease: Lease = {
    token,
    get isSure() {
      return lease.ended === undefined
    },
    get ended() {
      if (lost !== undefined || performance.now() < sureUntil) return lost
      return 'it ran out: PostgreSQL did not answer in time, or this process stood still'
    },
    write: (update, tx = db) => run(Prisma.sql`WITH held AS (${renewal} RETURNING name) ${update}`, tx),
    async confirm() {
      if (!lease.isSure) await run(renewal, db)
      if (lost !== undefined) throw new Error(`the lease '${name}' is lost: ${lost}`)
    },
    end(reason) {
      lost ??= reason
    },
    async release() {
      clearInterval(timer)
      await db.$executeRaw`
        UPDATE leases SET token = token + 1, expires_at = '-infinity', holder = NULL WHERE name = ${name} AND token = ${token}`
    },
  }
  return lease
}

const Holding = row({ token: z.bigint(), holder: z.string().nullable(), timeline: z.string().nullable() })

/** Undefined while the lease stands. */
async function findReason(tx: Transaction, name: string, { token, timeline }: Taken): Promise<string | undefined> {
  const [now] = await readRows(tx, Holding)`
    SELECT token, holder, wal_timeline() AS timeline FROM leases WHERE name = ${name}`
  if (!now) return 'its row is gone'
  if (now.token !== token) return `it was taken over by ${now.holder ?? 'another process'}`
  if (now.timeline !== timeline) return `PostgreSQL has failed over: timeline ${timeline}, now ${now.timeline}`
  return undefined
}
