import type { Socket } from 'node:net'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { PrismaClient, type Prisma } from '#prisma'
import { createStatementNames } from './prepared-statements.ts'

/** Prisma's client outside a transaction, with the pool it runs on. */
export type Database = PrismaClient
/** Prisma's client inside a transaction: what a handler writes through. */
export type Transaction = Prisma.TransactionClient

export interface DatabaseOptions {
  /** Connections in the pool. @default 10 */
  poolSize?: number
  applicationName?: string
  /**
   * Milliseconds after which a statement without an answer fails as an outage and its connection is given up: it may have
   * gone silent without anybody being told. @default no limit, for commands with long statements
   */
  answerWithinMs?: number
  /** @default 'by-size' */
  planning?: Planning
}

/**
 * How PostgreSQL plans the statements of a process.
 *
 * `by-key`: once per connection and always along indexes, for the many short statements that find, lock and write rows by
 * their keys: planning one takes longer than running it. Without a choice between indexes and whole tables, a plan that was
 * made while a table was empty stays right when it has grown.
 *
 * `by-size`: each statement anew, from its values and the sizes of tables, for those that look at many rows.
 */
export type Planning = 'by-key' | 'by-size'

export interface OpenDatabase {
  db: Database
  pool: pg.Pool
  close(): Promise<void>
}

/**
 * Of every connection. Moments are sent without their offset: PostgreSQL is to read them in the zone they are in. And
 * compiling a statement takes longer than running it.
 */
const ALWAYS = `SET TimeZone = 'UTC'; SET jit = off`

const PLANNING: Record<Planning, string> = {
  'by-key':
    'SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off',
  'by-size': 'SET plan_cache_mode = force_custom_plan',
}

/** Its declared type leaves out that a statement may have no name. */
type StatementNameGenerator = NonNullable<
  NonNullable<ConstructorParameters<typeof PrismaPg>[1]>['statementNameGenerator']
>

/** Opens the one pool of this process and a Prisma client on it. Connects lazily. */
export function openDatabase(connectionString: string, options: DatabaseOptions = {}): OpenDatabase {
  const pool = new pg.Pool({
    connectionString,
    max: options.poolSize ?? 10,
    application_name: options.applicationName ?? 'fanfare',
    connectionTimeoutMillis: 2_000,
    keepAlive: true,
    onConnect: (client) => client.query(`${ALWAYS}; ${PLANNING[options.planning ?? 'by-size']}`),
    ...(options.answerWithinMs && { query_timeout: options.answerWithinMs }),
  })
  pool.on('error', () => {}) // an idle connection broke: the pool has dropped it already
  // One that breaks while it is lent out, between two statements, would end the process: its next statement fails instead.
  pool.on('connect', (client) => {
    client.on('error', () => {})
    giveUpWhenUseless(client)
  })
  const adapter = new PrismaPg(pool, { statementNameGenerator: createStatementNames() as StatementNameGenerator })
  const db = new PrismaClient({
    adapter,
    errorFormat: 'minimal', // the others look for the place of each call in its stack
    transactionOptions: { maxWait: 2_000, timeout: 30_000 },
  })
  return {
    db,
    pool,
    async close() {
      await db.$disconnect()
      await pool.end()
    },
  }
}

/**
 * Closes a connection that no statement would succeed on: pg lets a statement fail that has run into its time limit, and
 * goes on waiting for the answer; and a prepared statement whose table was altered fails for as long as it is prepared.
 */
function giveUpWhenUseless(client: pg.PoolClient) {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown
  const watched = (...args: unknown[]) => {
    const answer = query(...args)
    if (answer instanceof Promise) {
      answer.catch((error: Error) => {
        if (USELESS.test(error.message)) socketOf(client).destroy()
      })
    }
    return answer
  }
  client.query = watched as typeof client.query
}

const USELESS = /^Query read timeout$|^cached plan must not change result type$/

const socketOf = (client: pg.PoolClient) => (client as unknown as { connection: { stream: Socket } }).connection.stream

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

const CONNECTION_CODES = new Set([
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
])
const CONNECTION_WORDS =
  /connection (terminated|timeout|error)|terminating connection|unable to start a transaction|query read timeout|server has closed|can't reach database|timeout exceeded when trying to connect/i

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
