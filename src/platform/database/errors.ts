interface Reported {
  code?: unknown
  originalCode?: unknown
  cause?: Reported
  meta?: { driverAdapterError?: Reported }
}

/** The SQLSTATE behind an error of Prisma, its driver adapter or pg, if PostgreSQL reported one. */
export function sqlStateOf(error: unknown): string | undefined {
  const { code, cause, meta } = (error ?? {}) as Reported
  for (const state of [meta?.driverAdapterError?.cause?.originalCode, cause?.originalCode, code]) {
    if (typeof state === 'string' && /^[0-9A-Z]{5}$/.test(state) && !/^P\d{4}$/.test(state)) return state
  }
  return undefined
}

/** Every connection of this process was in use, for too long: its own doing, or PostgreSQL no longer answers on any of them. */
export class NoFreeConnection extends Error {
  override name = 'NoFreeConnection'
}

/**
 * SQLSTATEs and classes of them (PostgreSQL's documentation, appendix A) under which no statement of ours succeeds,
 * whatever it says.
 */
const OUTAGE_STATES = [
  '08', // the connection is broken or refused
  '25006', // read-only: a standby, or a primary that a failover has demoted
  '28', // this user may not connect (any more)
  '3D000', // the database is not there (yet)
  '53', // disk full, out of memory, too many connections
  '57P', // shut down, crashed, starting, or an operator has ended the session
  '58', // the operating system fails: I/O errors
]

/** Of Prisma, and of Node's sockets and resolver. */
const OUTAGE_CODES = new Set([
  'P1000',
  'P1001',
  'P1002',
  'P1003',
  'P1008',
  'P1010',
  'P1017',
  'P2024',
  'P2037',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
])
const OUTAGE_WORDS =
  /connection (terminated|timeout|error)|timeout exceeded when trying to connect|terminating connection|unable to start a transaction|query read timeout|server has closed|can't reach database/i

/**
 * True while PostgreSQL cannot be reached or cannot do its work: read-only after a failover, disk full, out of memory,
 * no connection left (of the server's, or of this process: see NoFreeConnection), shut down or starting. Waiting helps, and nobody's message is at fault.
 */
export function isDatabaseOutage(error: unknown): boolean {
  if (isOutOfConnections(error)) return true
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const state = sqlStateOf(cause)
    if (state && OUTAGE_STATES.some((outage) => state.startsWith(outage))) return true
    if (OUTAGE_CODES.has((cause as { code?: string }).code ?? '') || OUTAGE_WORDS.test(cause.message)) return true
    if ((cause as { errors?: unknown[] }).errors?.some(isDatabaseOutage)) return true
  }
  return false
}

/** True when it is this process that had no connection left, rather than PostgreSQL that was away. */
export function isOutOfConnections(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof NoFreeConnection) return true
  return false
}

/** True for deadlock and serialization failures: the same work, run again at once, usually succeeds. */
export function isTransientConflict(error: unknown): boolean {
  const state = sqlStateOf(error)
  return state === '40001' || state === '40P01' || state === '55P03' || (error as { code?: string })?.code === 'P2034'
}
