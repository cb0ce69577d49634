import { Refusal } from '#http'
import type { Transaction } from '#platform/database'
import { uuidv7 } from '#platform/uuid'

export interface Client {
  id: string
  name: string
}

const NAME = /^[a-z][a-z0-9-]{0,39}$/
/** They would be taken for our own in what names who did it. */
const OURS: ReadonlySet<string> = new Set(['operator', 'schedule'])

/** @throws Refusal when the name is none, or taken */
export async function createClient(db: Transaction, name: string): Promise<Client> {
  if (!NAME.test(name) || OURS.has(name))
    throw new Refusal(
      'invalid',
      'invalid-client-name',
      `The name of a client is a-z, 0-9 and -, at most 40 characters, a letter first, and not ${[...OURS].join(' or ')}.`,
    )
  const id = uuidv7()
  const { count } = await db.client.createMany({ data: { id, name, createdAt: new Date() }, skipDuplicates: true })
  if (count === 0) throw new Refusal('conflict', 'client-exists', `There is a client ${name} already.`)
  return { id, name }
}

/** @throws Refusal when there is none of this name */
export async function findClient(db: Transaction, name: string): Promise<Client> {
  const client = await db.client.findUnique({ where: { name }, select: { id: true, name: true } })
  if (client) return client
  throw new Refusal('not-found', 'client-not-found', `There is no client ${name}.`)
}

/** By name, with how many of their keys can be used now. */
export async function listClients(db: Transaction) {
  const clients = await db.client.findMany({
    orderBy: { name: 'asc' },
    include: { keys: { where: usable(new Date()), select: { id: true } } },
  })
  return clients.map(({ name, createdAt, keys }) => ({ name, createdAt, keys: keys.length }))
}

export const usable = (now: Date) => ({ revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: now } }] })
