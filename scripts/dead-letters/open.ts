import { userInfo } from 'node:os'
import path from 'node:path'
import {
  armCrashPoint,
  createNames,
  createRabbitMq,
  CRASH_POINTS,
  findReactions,
  loadReactions,
  Refused,
  type CrashPoint,
  type DeadLetterContext,
  type Reaction,
} from '#messaging'
import { readConfig, type Config } from '#platform/config'
import { openDatabase, type Database } from '#platform/database'
import { createLogger } from '#platform/logger'
import { InstanceSet, PROJECT, provideServices } from '../../dev/services/index.ts'
import { warn } from './output.ts'

/** Runs something on the database, and closes it. */
export async function withDatabase<T>(work: (db: Database) => Promise<T>): Promise<T> {
  const { config, release } = await findServices()
  const { db, close } = openDatabase(config.DATABASE_URL, { poolSize: 2, applicationName: 'fanfare dead-letters' })
  try {
    return await work(db)
  } finally {
    await close()
    await release()
  }
}

/** Runs something on database and broker, in the name of an operator, and closes both. */
export async function withContext<T>(as: string, work: (context: DeadLetterContext) => Promise<T>): Promise<T> {
  const { config, release } = await findServices()
  const operator = as || userInfo().username
  const database = openDatabase(config.DATABASE_URL, { poolSize: 4, applicationName: 'fanfare dead-letters' })
  const log = createLogger('dead-letters', 'silent')
  const broker = createRabbitMq({ url: config.RABBITMQ_URL, name: `fanfare dead-letters ${operator}`, log })
  arm(config.CRASH_AT)
  try {
    const names = createNames(config.MESSAGING_NAMESPACE)
    return await work({ ...database, broker, names, ladder: config.RETRY_DELAYS, operator })
  } finally {
    await broker.close()
    await database.close()
    await release()
  }
}

/** The reaction whose dead letters are meant. @throws Refused naming those there are */
export async function expectReaction(db: Database, name: string): Promise<void> {
  const rows = await db.$queryRaw<{ reaction: string }[]>`
    SELECT reaction FROM subscriptions UNION SELECT reaction FROM dead_letters WHERE reaction = ${name} ORDER BY reaction`
  const known = rows.map(({ reaction }) => reaction)
  if (known.includes(name)) return
  throw new Refused(`No reaction is called ${name}. There are: ${known.join(', ') || 'none yet'}.`)
}

/** The definition of a reaction, for what it knows of its event types. */
export async function loadReaction(name: string): Promise<Reaction> {
  const file = findReactions(path.join(PROJECT, 'workers')).find((found) => found.name === name)
  if (!file)
    throw new Refused(`The reaction ${name} is not under workers/ of this version, so its events cannot be checked.`)
  return (await loadReactions([file]))[0]!
}

/** What the environment gives, and what npm start provides where it does not. Redis is of no use here. */
async function findServices(): Promise<{ config: Config; release: () => Promise<void> }> {
  const { DATABASE_URL, RABBITMQ_URL, REDIS_URL } = process.env
  if (DATABASE_URL && RABBITMQ_URL) {
    const config = readConfig({ ...process.env, REDIS_URL: REDIS_URL || 'redis://127.0.0.1' })
    return { config, release: async () => {} }
  }
  const { urls, release } = await provideServices(InstanceSet.open('dev'), warn)
  const given = { DATABASE_URL: urls.postgres, RABBITMQ_URL: urls.rabbitmq, REDIS_URL: urls.redis }
  return { config: readConfig({ ...process.env, ...given }), release }
}

function arm(crashAt: string | undefined) {
  const [point, nth = '1'] = crashAt?.split(':') ?? []
  if (CRASH_POINTS.includes(point as CrashPoint)) armCrashPoint(point as CrashPoint, Number(nth))
}
