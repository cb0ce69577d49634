import type { Database } from '#platform/database'

/** Milliseconds without renewal after which another relay takes over. */
export const LEASE_MS = 3_000
/** The holder stops acting this long before its lease ends by its own clock. */
const MARGIN_MS = 500

/**
 * The right to publish, for one relay at a time. Each change of holder raises the fencing token; a checkpoint is written
 * only with the current one, so a holder that was frozen and thawed can move nothing any more. After a thaw it also sees
 * by its own monotonic clock, before it publishes, that its time has run out.
 */
export interface Lease {
  readonly token: bigint
  /** The checkpoint, as the lease row had it when it was taken or last moved. */
  readonly position: bigint
  /** False once the lease may have passed to another. */
  readonly isSure: boolean
  /** Writes the checkpoint and renews. @returns false when the lease is lost */
  advance(position: bigint): Promise<boolean>
  /** Lets go at once, so that the next relay need not wait. */
  release(): Promise<void>
}

/** Takes the lease when it is free or run out; undefined when another relay holds it. Times are the database's. */
export async function acquireLease(db: Database, name: string, holder: string): Promise<Lease | undefined> {
  let sureUntil = performance.now() + LEASE_MS - MARGIN_MS
  await db.$executeRaw`INSERT INTO relay_leases (name, expires_at) VALUES (${name}, '-infinity') ON CONFLICT DO NOTHING`
  const [row] = await db.$queryRaw<{ token: bigint; position: bigint }[]>`
    UPDATE relay_leases
    SET token = token + 1, holder = ${holder}, expires_at = clock_timestamp() + make_interval(secs => ${LEASE_MS / 1000}::float8)
    WHERE name = ${name} AND expires_at < clock_timestamp()
    RETURNING token, position`
  if (!row) return undefined
  let { position } = row
  return {
    token: row.token,
    get position() {
      return position
    },
    get isSure() {
      return performance.now() < sureUntil
    },
    async advance(to) {
      const started = performance.now()
      const moved = await db.$executeRaw`
        UPDATE relay_leases
        SET position = greatest(position, ${to}), expires_at = clock_timestamp() + make_interval(secs => ${LEASE_MS / 1000}::float8)
        WHERE name = ${name} AND token = ${row.token}`
      if (moved === 0) return false
      position = to
      sureUntil = started + LEASE_MS - MARGIN_MS
      return true
    },
    async release() {
      await db.$executeRaw`UPDATE relay_leases SET expires_at = '-infinity', holder = NULL WHERE name = ${name} AND token = ${row.token}`
    },
  }
}
