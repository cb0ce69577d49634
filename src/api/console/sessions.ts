import type { Database } from '#platform/database'
import { uuidv7 } from '#platform/uuid'
import { issueKey } from '../keys/issue.ts'
import { bytesOf, hashOf, isMadeUp } from '../keys/key-text.ts'
import { SESSION_HOURS } from './cookie.ts'

/** Owns the keys in links and cookies; nobody else is given one of it. */
const CONSOLE = 'console'
const LINK_MINUTES = 10

/**
 * A key for a link that signs a browser in: it holds for ten minutes, and once.
 * @returns what stands behind `#sign-in=` in the address of the console
 */
export async function issueLink(db: Database): Promise<string> {
  const client = await db.client.upsert({
    where: { name: CONSOLE },
    create: { id: uuidv7(), name: CONSOLE, createdAt: new Date() },
    update: {},
  })
  const expiresAt = new Date(Date.now() + LINK_MINUTES * 60_000)
  return (await issueKey(db, client, { scopes: ['admin'], expiresAt })).key
}

/** Ends the key of a link and issues that of a session. @returns undefined when the link was used, is too old, or is none */
export async function useLink(db: Database, link: string): Promise<string | undefined> {
  if (isMadeUp(link)) return undefined
  const now = new Date()
  const client = await db.client.findUnique({ where: { name: CONSOLE } })
  if (!client) return undefined
  const where = { hash: bytesOf(hashOf(link)), clientId: client.id, revokedAt: null, expiresAt: { gt: now } }
  const { count } = await db.apiKey.updateMany({ where, data: { revokedAt: now } })
  if (count === 0) return undefined
  const expiresAt = new Date(now.getTime() + SESSION_HOURS * 3_600_000)
  return (await issueKey(db, client, { scopes: ['admin'], expiresAt })).key
}

/** Ends the key of a session; one that an operator brought along goes on. */
export async function endSession(db: Database, key: string): Promise<void> {
  const client = await db.client.findUnique({ where: { name: CONSOLE } })
  if (!client) return
  const where = { hash: bytesOf(hashOf(key)), clientId: client.id, revokedAt: null }
  await db.apiKey.updateMany({ where, data: { revokedAt: new Date() } })
}
