import { hash, randomBytes } from 'node:crypto'
import type { Database } from '#platform/database'
import { inTime } from '#platform/in-time'
import { uuidv7 } from '#platform/uuid'

const hashOf = (key: string) => hash('sha256', key, 'base64')
const bytesOf = (hashed: string) => new Uint8Array(Buffer.from(hashed, 'base64'))

/**
 * Makes a key for a client. It is shown this once: only its hash is stored.
 * @param key a given key, for development only. @default 32 random bytes
 */
export async function issueApiKey(
  db: Database,
  name: string,
  key = `fanfare_${randomBytes(32).toString('base64url')}`,
): Promise<string> {
  const hash = bytesOf(hashOf(key))
  await db.apiKey.upsert({ where: { hash }, create: { id: uuidv7(), name, hash, createdAt: new Date() }, update: {} })
  return key
}

/** Ends the keys of this name. Running processes notice within CACHE_MS. @returns how many */
export async function revokeApiKeys(db: Database, name: string): Promise<number> {
  const { count } = await db.apiKey.updateMany({ where: { name, revokedAt: null }, data: { revokedAt: new Date() } })
  return count
}

/** Every key ever issued, by name and dates. */
export function listApiKeys(db: Database) {
  return db.apiKey.findMany({
    select: { name: true, createdAt: true, revokedAt: true },
    orderBy: { createdAt: 'asc' },
  })
}

export interface ApiKeys {
  /** The id of the client behind a key; undefined when there is none. */
  clientOf(key: string): Promise<string | undefined>
}

const CACHE_MS = 10_000
const STALE_MS = 10 * 60_000
const MOST_CACHED = 10_000

interface Known {
  clientId: string
  at: number
}

/**
 * Looks keys up by hash, and remembers those that exist for CACHE_MS. While the database is away a key that was good
 * within the last STALE_MS stays good, so that each operation gives its own answer.
 */
export function createApiKeys(db: Database, now = Date.now): ApiKeys {
  const known = new Map<string, Known>()
  const lookUp = async (hashed: string) => {
    const row = await db.apiKey.findUnique({ where: { hash: bytesOf(hashed) }, select: { id: true, revokedAt: true } })
    return row && !row.revokedAt ? row.id : undefined
  }
  return {
    async clientOf(key) {
      const name = hashOf(key)
      const seen = known.get(name)
      if (seen && now() - seen.at < CACHE_MS) return seen.clientId
      try {
        const clientId = await inTime(lookUp(name), seen ? KNOWN_LOOK_UP_MS : LOOK_UP_MS, late)
        known.delete(name)
        if (known.size >= MOST_CACHED) known.delete(known.keys().next().value!)
        if (clientId) known.set(name, { clientId, at: now() })
        return clientId
      } catch (error) {
        if (seen && now() - seen.at < STALE_MS) return seen.clientId
        throw error
      }
    },
  }
}

const LOOK_UP_MS = 1_000
/** A key that was good before does not take the time from the request behind it, which has to be answered within 2 s. */
const KNOWN_LOOK_UP_MS = 200

const late = () => Object.assign(new Error('the database did not answer in time'), { code: 'ETIMEDOUT' })
