import type { Scope } from '#http'
import type { Database, Transaction } from '#platform/database'
import { uuidv7 } from '#platform/uuid'
import { recordAction, type ChangeOfAccess } from '#messaging'
import type { Client } from '../keys/clients.ts'
import { issueKey } from '../keys/issue.ts'
import { bytesOf, hashOf, isMadeUp, labelOf } from '../keys/key-text.ts'
import { SESSION_HOURS } from './cookie.ts'

/** Owns the keys in links and cookies; nobody else is given one of it. */
const CONSOLE = 'console'
const LINK_MINUTES = 10

/**
 * A key for a link that signs a browser in: it holds for ten minutes, and once. It has no scope, so that it is good for nothing else.
 * @param operator whoever asks for it, for the record of operators
 * @returns what stands behind `#sign-in=` in the address of the console
 */
export async function issueLink(db: Database, operator: string): Promise<string> {
  const client = await db.client.upsert({
    where: { name: CONSOLE },
    create: { id: uuidv7(), name: CONSOLE, createdAt: new Date() },
    update: {},
  })
  return db.$transaction((tx) =>
    issue(tx, client, { operator, action: 'issue-key', scopes: [], minutes: LINK_MINUTES }),
  )
}

/** Ends the key of a link and issues that of a session. @returns undefined when the link was used, is too old, or is none */
export async function useLink(db: Database, link: string): Promise<string | undefined> {
  if (isMadeUp(link)) return undefined
  const client = await db.client.findUnique({ where: { name: CONSOLE } })
  if (!client) return undefined
  const now = new Date()
  return db.$transaction(async (tx) => {
    const isLink = { clientId: client.id, scopes: { isEmpty: true } } // what a session holds is not good for another one
    const where = { ...isLink, hash: bytesOf(hashOf(link)), revokedAt: null, expiresAt: { gt: now } }
    const [used] = await tx.apiKey.updateManyAndReturn({ where, data: { revokedAt: now }, select: { id: true } })
    if (!used) return undefined
    const operator = `${CONSOLE}/${labelOf(used.id)}`
    return issue(tx, client, { operator, action: 'sign-in', scopes: ['admin'], minutes: SESSION_HOURS * 60 })
  })
}

interface Issue {
  operator: string
  action: ChangeOfAccess
  scopes: readonly Scope[]
  minutes: number
}

async function issue(tx: Transaction, client: Client, { operator, action, scopes, minutes }: Issue): Promise<string> {
  const expiresAt = new Date(Date.now() + minutes * 60_000)
  const { id, key } = await issueKey(tx, client, { scopes, expiresAt })
  await recordAction(tx, { operator, action, selector: { client: CONSOLE, key: id }, result: { scopes, expiresAt } })
  return key
}

/** Ends the key of a session; one that an operator brought along goes on. */
export async function endSession(db: Database, key: string): Promise<void> {
  const client = await db.client.findUnique({ where: { name: CONSOLE } })
  if (!client) return
  const where = { hash: bytesOf(hashOf(key)), clientId: client.id, revokedAt: null }
  await db.apiKey.updateMany({ where, data: { revokedAt: new Date() } })
}
