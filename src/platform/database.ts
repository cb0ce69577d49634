import { PrismaPg } from '@prisma/adapter-pg'
import type pg from 'pg'
import { PrismaClient, type Prisma } from '#prisma'
import { sqlStateOf } from './database/errors.ts'
import { createPool } from './database/pool.ts'
import { createStatementNames } from './database/statements/prepared-statements.ts'
import { traceStatement } from './tracing.ts'

export { isDatabaseOutage, isOutOfConnections, isTransientConflict, sqlStateOf } from './database/errors.ts'
export { plainMessage } from './database/statements/plain-message.ts'
export { clientFor, placesOf } from './database/primary-client.ts'
export { readRow, readRows, row } from './database/statements/rows.ts'

/** Prisma's client outside a transaction, with the pool it runs on. */
export type Database = PrismaClient
/** Prisma's client inside a transaction: what a handler writes through. */
export type Transaction = Prisma.TransactionClient

export interface DatabaseOptions {
  /** Connections in the pool. @default 10 */
  poolSize?: number
  applicationName?: string
  /** Milliseconds that a connection may take to open, and that somebody waits for one to become free. @default 2000 */
  connectWithinMs?: number
  /**
   * Milliseconds after which a statement without an answer fails as an outage and its connection is given up: it may have
   * gone silent without anybody being told. @default no limit, for commands with long statements
   */
  answerWithinMs?: number
  /** Only without a pooler. @default 'by-size' */
  planning?: Planning
  /** @default 'none' */
  pooler?: Pooler
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

/**
 * What stands between a process and PostgreSQL.
 *
 * `none`: nothing, or what leaves a session whole: a TCP proxy, a pooler in session mode.
 *
 * `transaction`: a pooler that gives each transaction any of its sessions, such as PgBouncer with
 * `pool_mode = transaction`. Nothing is left in a session then: statements have no names and are planned each time, and
 * nothing is SET but the time zone, which PgBouncer keeps for each of its clients.
 *
 * `transaction-prepared`: the same, and the pooler carries prepared statements: PgBouncer from 1.21 with
 * `max_prepared_statements` above 0. They are planned as PostgreSQL does by itself, anew while a table grows.
 *
 * Through a pooler the settings of sessions are those of the role; `ALTER ROLE … SET jit = off` suits short statements, and
 * `idle_in_transaction_session_timeout = '35s'` frees what a frozen process has locked.
 */
export type Pooler = 'none' | 'transaction' | 'transaction-prepared'

export interface OpenDatabase {
  db: Database
  pool: pg.Pool
  close(): Promise<void>
}

/** Moments are sent without their offset: PostgreSQL is to read them in the zone they are in. */
const ALWAYS = `SET TimeZone = 'UTC'`

const PLANNING: Record<Planning, string> = {
  'by-key':
    'SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off',
  'by-size': 'SET plan_cache_mode = force_custom_plan',
}

/** Milliseconds that a transaction may take. */
const TRANSACTION_MS = 30_000
/** A process that freezes, or is cut off, within a transaction keeps its locks from all others until PostgreSQL ends it. */
const ENDS_FROZEN = `SET idle_in_transaction_session_timeout = ${TRANSACTION_MS + 5_000}`

/** Compiling a statement takes longer than running it. */
const IN_SESSIONS = (planning: Planning) => `${ALWAYS}; SET jit = off; ${ENDS_FROZEN}; ${PLANNING[planning]}`

/** Its declared type leaves out that a statement may have no name. */
type StatementNameGenerator = NonNullable<
  NonNullable<ConstructorParameters<typeof PrismaPg>[1]>['statementNameGenerator']
>

/** Opens the one pool of this process and a Prisma client on it. Connects lazily, to the primary where there are several servers. */
export function openDatabase(connectionString: string, options: DatabaseOptions = {}): OpenDatabase {
  const { planning = 'by-size', pooler = 'none', connectWithinMs = 2_000 } = options
  const settings = pooler === 'none' ? IN_SESSIONS(planning) : ALWAYS
  const pool = createPool(connectionString, {
    max: options.poolSize ?? 10,
    connectionTimeoutMillis: connectWithinMs,
    application_name: options.applicationName ?? 'fanfare',
    onConnect: (client) => client.query(settings),
    ...(options.answerWithinMs && { query_timeout: options.answerWithinMs }),
  })
  pool.on('connect', giveUpWhenUseless)
  const nameOf = pooler === 'transaction' ? () => undefined : createStatementNames()
  const adapter = new PrismaPg(pool, { statementNameGenerator: nameOf as StatementNameGenerator })
  const db = new PrismaClient({
    adapter,
    errorFormat: 'minimal', // the others look for the place of each call in its stack
    transactionOptions: { maxWait: connectWithinMs + 500, timeout: TRANSACTION_MS }, // the pool gives up before, and says why
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
    const answer = traceStatement(args[0], () => query(...args))
    if (answer instanceof Promise) {
      answer.catch((error: Error) => {
        if (USELESS.test(error.message) || sqlStateOf(error) === READ_ONLY) client.connection.stream.destroy()
      })
    }
    return answer
  }
  client.query = watched as typeof client.query
}

const READ_ONLY = '25006'
const USELESS = /^Query read timeout$|^cached plan must not change result type$/
