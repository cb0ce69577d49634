import { userInfo } from 'node:os'
import path from 'node:path'
import { findReactions, loadReactions, Refused, type DeadLetterContext, type Reaction, type Selector } from '#messaging'
import { directUrl, readConfig, type Config } from '#platform/config'
import { openDatabase, type Database } from '#platform/database'
import { InstanceSet, PROJECT, provideServices } from '../../dev/services/index.ts'
import { warn } from './output.ts'

/** Runs something on the database, and closes it. */
export async function withDatabase<T>(work: (db: Database) => Promise<T>): Promise<T> {
  const { config, release } = await findServices({ broker: false })
  const { db, close } = openDatabase(directUrl(config), { poolSize: 4, applicationName: 'fanfare dead-letters' })
  try {
    return await work(db)
  } finally {
    await close()
    await release()
  }
}

/** Runs something on the database in the name of an operator, for a reaction that is known. */
export function asOperator<T>(
  as: string,
  reaction: string,
  work: (context: DeadLetterContext) => Promise<T>,
): Promise<T> {
  return withDatabase(async (db) => {
    await expectReaction(db, reaction)
    return work({ db, operator: as || userInfo().username })
  })
}

/** The reaction that is meant. @throws Refused naming those there are */
export async function expectReaction(db: Database, name: string): Promise<void> {
  const rows = await db.$queryRaw<{ reaction: string }[]>`
    SELECT reaction FROM subscriptions UNION SELECT reaction FROM deliveries WHERE reaction = ${name} ORDER BY reaction`
  const known = rows.map(({ reaction }) => reaction)
  if (known.includes(name)) return
  const similar = known.filter(
    (reaction) => reaction.includes(name) || reaction.split('.').some((part) => name.includes(part)),
  )
  const hint =
    similar.length > 0 ? `Did you mean ${similar.join(' or ')}?` : `There are: ${known.join(', ') || 'none yet'}.`
  throw new Refused(`No reaction is called ${name}. ${hint}`)
}

/** Why a selector found nothing, in one sentence. */
export async function whyNothing(db: Database, reaction: string, { ids }: Selector): Promise<string> {
  if (!ids) return `${reaction} has none that fits; nothing was changed.`
  const where = { reaction, OR: [{ id: { in: [...ids] } }, { eventId: { in: [...ids] } }] }
  const rows = await db.delivery.findMany({ where, select: { id: true, eventId: true, state: true } })
  const told = ids.map((id) => {
    const row = rows.find((one) => one.id === id || one.eventId === id)
    return `${id} is ${row ? row.state : `no delivery of ${reaction}`}`
  })
  return `Nothing was changed: ${told.join(', ')}.`
}

/** The definition of a reaction, for what it knows of its event types. */
export async function loadReaction(name: string): Promise<Reaction> {
  const file = findReactions(path.join(PROJECT, 'workers')).find((found) => found.name === name)
  if (!file)
    throw new Refused(`The reaction ${name} is not under workers/ of this version, so its events cannot be checked.`)
  return (await loadReactions([file]))[0]!
}

/** What the environment gives, and what npm start provides where it does not. Redis is of no use here. */
async function findServices({ broker = true } = {}): Promise<{ config: Config; release: () => Promise<void> }> {
  const { DATABASE_URL, RABBITMQ_URL, REDIS_URL } = process.env
  if (DATABASE_URL && (RABBITMQ_URL || !broker)) {
    const unused = { RABBITMQ_URL: RABBITMQ_URL || 'amqp://127.0.0.1', REDIS_URL: REDIS_URL || 'redis://127.0.0.1' }
    return { config: readConfig({ ...process.env, ...unused }), release: async () => {} }
  }
  const { urls, release } = await provideServices(InstanceSet.open('dev'), warn)
  const given = { DATABASE_URL: urls.postgres, RABBITMQ_URL: urls.rabbitmq, REDIS_URL: urls.redis }
  return { config: readConfig({ ...process.env, ...given }), release }
}
