import { setTimeout as wait } from 'node:timers/promises'
import { createNames, createRabbitMq, type Broker, type Names } from '#messaging'
import { directUrl, readConfig, StartupError, type Config } from '#platform/config'
import { openDatabase, type Database, type OpenDatabase } from '#platform/database'
import { createLogger } from '#platform/log/logger'
import { host, type ServiceUrl } from './host.ts'
import { instanceOf } from './instance.ts'

/** Runs something on the database, and closes it. */
export async function withDatabase<T>(work: (db: Database) => Promise<T>, poolSize = 2): Promise<T> {
  return withServices(['DATABASE_URL'], async (config) => {
    const database = openDatabase(directUrl(config), { poolSize, applicationName: 'fanfare command' })
    try {
      await expectTables(database)
      return await work(database.db)
    } finally {
      await database.close()
    }
  })
}

export interface Messaging extends OpenDatabase {
  broker: Broker
  names: Names
  /** Who does it, for the tables that tell. */
  instance: string
}

/** Runs something on database and broker, and closes both. @throws StartupError when one of them does not answer */
export async function withMessaging<T>(command: string, work: (messaging: Messaging) => Promise<T>): Promise<T> {
  return withServices(['DATABASE_URL', 'RABBITMQ_URL'], async (config) => {
    const instance = instanceOf(command)
    const database = openDatabase(directUrl(config), { poolSize: 4, applicationName: `fanfare ${command}` })
    const log = createLogger(command, 'silent')
    const broker = createRabbitMq({ url: config.RABBITMQ_URL, name: `fanfare ${instance}`, log })
    try {
      await expectTables(database)
      await expectBroker(broker, config.RABBITMQ_URL)
      const names = createNames(config.MESSAGING_NAMESPACE)
      return await work({ ...database, broker, names, instance })
    } finally {
      await broker.close()
      await database.close()
    }
  })
}

/** Gives the settings; those URLs must be set, by the environment or the host. */
export async function withServices<T>(needed: readonly ServiceUrl[], work: (config: Config) => Promise<T>): Promise<T> {
  const release = await host().provide(needed)
  try {
    return await work(readSettings(needed))
  } finally {
    await release()
  }
}

/** What a command does not need may be unset. */
function readSettings(needed: readonly ServiceUrl[]): Config {
  const { env } = host()
  const missing = needed.filter((name) => !env[name])
  if (missing.length > 0) {
    const options = missing.map((name) => `--${name.toLowerCase().replace('_', '-')}`).join(', ')
    throw new StartupError(
      `${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not set: export it, or give ${options}.`,
    )
  }
  return readConfig({
    ...env,
    ...Object.fromEntries(UNUSED.flatMap(([name, url]) => (env[name] ? [] : [[name, url]]))),
  })
}

const UNUSED = [
  ['DATABASE_URL', 'postgresql://unused:unused@unused'],
  ['RABBITMQ_URL', 'amqp://unused:unused@unused'],
  ['REDIS_URL', 'redis://unused:unused@unused'],
] as const

/** Fails within two seconds where no PostgreSQL answers, and at once where the database is empty. */
async function expectTables({ pool }: OpenDatabase): Promise<void> {
  await pool.query('SELECT FROM events LIMIT 0')
}

const PATIENCE_MS = 10_000

async function expectBroker(broker: Broker, url: string): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (broker.publishingPaused) {
    if (performance.now() > end) {
      const places = url.split(',').map((one) => new URL(one).host)
      throw new StartupError(
        `RabbitMQ at ${places.join(', ')} takes no messages: does it run, and is RABBITMQ_URL right?`,
      )
    }
    await wait(50)
  }
}
