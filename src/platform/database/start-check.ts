import { directUrl, StartupError, type Config } from '../config.ts'
import type { Pooler } from '../database.ts'
import { isDatabaseOutage, sqlStateOf } from './errors.ts'
import { clockGap } from './clock-gap.ts'
import { poolingOf } from './pooling.ts'
import { clientFor, placesOf, type ClientClass } from './primary-client.ts'
import { replicationGap } from './replication.ts'

/**
 * Looks once, before a process begins, whether DATABASE_URL and what is said of it are right: for a pooler that breaks
 * prepared statements or LISTEN, a standby that would lose what was promised, and a clock that is wrong.
 * @returns what deserves a warning, one sentence each
 * @throws StartupError that says what to set; an outage as it is: the server may only be starting
 */
export async function checkDatabase(config: Config): Promise<string[]> {
  const direct = clientFor(directUrl(config))
  const found = await explained('DATABASE_URL', config.DATABASE_URL, poolingOf(clientFor(config.DATABASE_URL)))
  expectPooler(config.DATABASE_POOLER, found)
  if (config.DATABASE_DIRECT_URL) {
    expectSession(await explained('DATABASE_DIRECT_URL', config.DATABASE_DIRECT_URL, poolingOf(direct)))
    await expectOneDatabase(direct, clientFor(config.DATABASE_URL))
  }
  const client = new direct({ application_name: 'fanfare check' })
  try {
    await client.connect()
    return [await replicationGap(client), await clockGap(client)].filter((warning) => warning !== undefined)
  } finally {
    void client.end().catch(() => {})
  }
}

function expectPooler(said: Pooler, found: Pooler) {
  if (found === 'none' || said === found || said === 'transaction') return
  if (said === 'none')
    throw new StartupError(
      'DATABASE_URL leads through a pooler in transaction mode, which keeps no session: ' +
        `set DATABASE_POOLER=${found}, and DATABASE_DIRECT_URL to PostgreSQL itself.`,
    )
  throw new StartupError(
    'The pooler of DATABASE_URL carries no prepared statements: set DATABASE_POOLER=transaction, ' +
      'or use PgBouncer 1.21 or newer with max_prepared_statements above 0.',
  )
}

function expectSession(found: Pooler) {
  if (found === 'none') return
  throw new StartupError(
    'DATABASE_DIRECT_URL leads through a pooler in transaction mode, which forgets LISTEN: set it to PostgreSQL itself.',
  )
}

/** Commands that look at one database while the processes work on another find nothing wrong, whatever is. */
async function expectOneDatabase(direct: ClientClass, usual: ClientClass) {
  const [one, other] = [await placeBehind(direct), await placeBehind(usual)]
  if (one === other) return
  throw new StartupError(
    `DATABASE_DIRECT_URL leads to the database ${one}, DATABASE_URL to ${other}: set both to the same one.`,
  )
}

/** The database behind all proxies and poolers: a server is known by the moment of its start. */
async function placeBehind(Client: ClientClass): Promise<string> {
  const client = new Client({ application_name: 'fanfare check' })
  try {
    await client.connect()
    const { rows } = await client.query<{ place: string }>(
      `SELECT format('%s of the server started at %s', current_database(), pg_postmaster_start_time()) AS place`,
    )
    return rows[0]!.place
  } finally {
    void client.end().catch(() => {})
  }
}

/** @throws StartupError in place of an error that waiting does not cure */
async function explained<T>(variable: string, url: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    const mistake = mistakeIn(error, placesOf(url))
    if (mistake) throw new StartupError(`${mistake} Set ${variable} to what is right.`, { cause: error })
    throw error
  }
}

/** What is wrong with the address or the login, rather than with the server. Of several servers each must say so. */
function mistakeIn(error: unknown, place: string): string | undefined {
  const { errors, code, message, hostname } = error as { errors?: unknown[]; hostname?: string } & NodeJS.ErrnoException
  if (errors) return errors.map((one) => mistakeIn(one, place)).reduce((all, one) => all && one)
  const state = sqlStateOf(error)
  if (state === '3D000') return `PostgreSQL at ${place} does not know the database: ${message}.`
  if (state?.startsWith('28')) return `PostgreSQL at ${place} refuses the login: ${message}.`
  if (code === 'ENOTFOUND') return `There is no host called ${hostname ?? place}.`
  return state === '08P01' || !isDatabaseOutage(error)
    ? `PostgreSQL at ${place} cannot be used: ${message}.`
    : undefined
}
