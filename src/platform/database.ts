import type { Socket } from 'node:net'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { PrismaClient, type Prisma } from '#prisma'
import { sqlStateOf } from './database/errors.ts'
import { createStatementNames } from './database/prepared-statements.ts'

export { isDatabaseOutage, isTransientConflict, sqlStateOf } from './database/errors.ts'

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
 * goes on waiting for the answer; a prepared statement whose table was altered fails for as long as it is prepared; and a
 * session that is read-only remains so when the server has become the primary again, or another one has.
 */
function giveUpWhenUseless(client: pg.PoolClient) {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown
  const watched = (...args: unknown[]) => {
    const answer = query(...args)
    if (answer instanceof Promise) {
      answer.catch((error: Error) => {
        if (USELESS.test(error.message) || sqlStateOf(error) === READ_ONLY) socketOf(client).destroy()
      })
    }
    return answer
  }
  client.query = watched as typeof client.query
}

const READ_ONLY = '25006'
const USELESS = /^Query read timeout$|^cached plan must not change result type$/

const socketOf = (client: pg.PoolClient) => (client as unknown as { connection: { stream: Socket } }).connection.stream
