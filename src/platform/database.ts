import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { PrismaClient, type Prisma } from '#prisma'

/** Prisma's client outside a transaction, with the pool it runs on. */
export type Database = PrismaClient
/** Prisma's client inside a transaction: what a handler writes through. */
export type Transaction = Prisma.TransactionClient

export interface DatabaseOptions {
  /** Connections in the pool. @default 10 */
  poolSize?: number
  applicationName?: string
}

export interface OpenDatabase {
  db: Database
  pool: pg.Pool
  close(): Promise<void>
}

/** Opens the one pool of this process and a Prisma client on it. Connects lazily. */
export function openDatabase(connectionString: string, options: DatabaseOptions = {}): OpenDatabase {
  const pool = new pg.Pool({
    connectionString,
    max: options.poolSize ?? 10,
    application_name: options.applicationName ?? 'fanfare',
    connectionTimeoutMillis: 2_000,
    keepAlive: true,
  })
  pool.on('error', () => {}) // an idle connection broke: the pool has dropped it already
  const db = new PrismaClient({ adapter: new PrismaPg(pool), transactionOptions: { maxWait: 2_000, timeout: 30_000 } })
  return {
    db,
    pool,
    async close() {
      await db.$disconnect()
      await pool.end()
    },
  }
}

/** The SQLSTATE behind an error of Prisma or pg, if PostgreSQL reported one. */
export function sqlStateOf(error: unknown): string | undefined {
  const seen = error as { code?: unknown; meta?: { driverAdapterError?: { cause?: { originalCode?: unknown } } } }
  const original = seen?.meta?.driverAdapterError?.cause?.originalCode
  if (typeof original === 'string') return original
  return typeof seen?.code === 'string' && /^[0-9A-Z]{5}$/.test(seen.code) && !/^P\d{4}$/.test(seen.code)
    ? seen.code
    : undefined
}

const CONNECTION_CODES = new Set([
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
  'P2028',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
])
const CONNECTION_WORDS =
  /connection (terminated|timeout|error)|server has closed|can't reach database|timeout exceeded when trying to connect/i

/** True when the database cannot be reached or is shutting down: waiting helps, and nobody's message is at fault. */
export function isDatabaseOutage(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const state = sqlStateOf(cause)
    if (state && (/^(08|57P)/.test(state) || state === '53300')) return true
    if (CONNECTION_CODES.has((cause as { code?: string }).code ?? '') || CONNECTION_WORDS.test(cause.message))
      return true
    if ((cause as { errors?: unknown[] }).errors?.some(isDatabaseOutage)) return true
  }
  return false
}

/** True for deadlock and serialization failures: the same work, run again at once, usually succeeds. */
export function isTransientConflict(error: unknown): boolean {
  const state = sqlStateOf(error)
  return state === '40001' || state === '40P01' || state === '55P03' || (error as { code?: string })?.code === 'P2034'
}
