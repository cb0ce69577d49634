import { z } from 'zod'
import { SCOPES, type Caller, type Scope } from '#http'
import { StartupError } from '#platform/config'
import { readRows, row, type Database } from '#platform/database'
import { inTime } from '#platform/process/in-time'
import { bytesOf, DEMO_KEY, hashOf, isMadeUp, labelOf } from './key-text.ts'

export interface ApiKeys {
  /** True for a key that this process has found before: whoever sends it is no stranger. */
  isKnown(key: string): boolean
  /** Who a key belongs to; undefined when there is no such key, or none any more. */
  callerOf(key: string): Promise<Caller | undefined>
}

const CACHE_MS = 10_000
const STALE_MS = 10 * 60_000
const MOST_KNOWN = 10_000
/** Of keys that there are not. A stranger who sends others all the time only pushes these out. */
const MOST_UNKNOWN = 10_000

const LOOK_UP_MS = 1_000
/** A key that was good before does not take the time from the request behind it, which has to be answered within 2 s. */
const KNOWN_LOOK_UP_MS = 200

interface Known {
  caller: Caller
  at: number
}

/**
 * Looks keys up by hash, and remembers for CACHE_MS those that exist and those that do not. Requests that come with one key at
 * one time share a look-up. While the database is away a key that was good within the last STALE_MS stays good, so that each
 * operation gives its own answer.
 * @param isLive whether money is real here: then test keys have no scope, so they change nothing and see nothing of a customer
 */
export function createApiKeys(db: Database, { refusesDemo = false, isLive = false, now = Date.now } = {}): ApiKeys {
  const known = new Map<string, Known>()
  const unknown = new Map<string, number>()
  const underWay = new Map<string, Promise<Caller | undefined>>()
  const isFresh = (at: number | undefined): boolean => at !== undefined && now() - at < CACHE_MS

  const lookUp = async (name: string): Promise<Caller | undefined> => {
    const seen = known.get(name)
    try {
      const found = await inTime(findCaller(db, name), seen ? KNOWN_LOOK_UP_MS : LOOK_UP_MS, late)
      const caller = isLive && found?.test ? { ...found, scopes: new Set<Scope>() } : found
      known.delete(name)
      if (caller) remember(known, MOST_KNOWN, name, { caller, at: now() })
      else remember(unknown, MOST_UNKNOWN, name, now())
      return caller
    } catch (error) {
      if (seen && now() - seen.at < STALE_MS) return seen.caller
      throw error
    }
  }
  return {
    isKnown: (key) => known.has(hashOf(key)),
    callerOf(key) {
      if (isMadeUp(key) || (refusesDemo && key === DEMO_KEY)) return Promise.resolve(undefined)
      const name = hashOf(key)
      const seen = known.get(name)
      if (seen && isFresh(seen.at)) return Promise.resolve(seen.caller)
      if (!seen && isFresh(unknown.get(name))) return Promise.resolve(undefined)
      const begun = underWay.get(name) ?? lookUp(name).finally(() => underWay.delete(name))
      underWay.set(name, begun)
      return begun
    },
  }
}

/**
 * The demo key stands in the documentation. Where it can be used, whoever started this meant another database.
 * @throws StartupError
 */
export async function refuseDemoKey(db: Database): Promise<void> {
  const key = await db.apiKey
    .findFirst({ where: { hash: bytesOf(hashOf(DEMO_KEY)), revokedAt: null }, select: { id: true } })
    .catch(() => null) // PostgreSQL is away: the key is refused all the same
  if (!key) return
  throw new StartupError(
    `NODE_ENV is production, and the key ${DEMO_KEY}, which everybody knows, is in the database: fanfare keys revoke ${labelOf(key.id)}`,
  )
}

/** The oldest makes room. */
function remember<Value>(map: Map<string, Value>, most: number, name: string, value: Value): void {
  map.delete(name)
  if (map.size >= most) map.delete(map.keys().next().value!)
  map.set(name, value)
}

const late = () => Object.assign(new Error('the database did not answer in time'), { code: 'ETIMEDOUT' })

const KeyRow = row({
  id: z.string(),
  clientId: z.string(),
  client: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  test: z.boolean(),
  usedLongAgo: z.boolean(),
})

async function findCaller(db: Database, hashed: string): Promise<Caller | undefined> {
  const [found] = await readRows(db, KeyRow)`
    SELECT k.id, c.id AS "clientId", c.name AS client, k.scopes, k.test,
      coalesce(k.last_used_at < now() - interval '1 hour', true) AS "usedLongAgo"
    FROM api_keys k JOIN clients c ON c.id = k.client_id
    WHERE k.hash = ${bytesOf(hashed)} AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > now())`
  if (!found) return undefined
  const { id, clientId, client, scopes, test, usedLongAgo } = found
  if (usedLongAgo) void noteUse(db, id)
  return { clientId, client, scopes: new Set(scopes), test, actor: `${client}/${labelOf(id)}` }
}

/** Once an hour is enough to see which keys nobody needs; a failure is no reason to refuse a request. */
async function noteUse(db: Database, id: string): Promise<void> {
  await db.apiKey.update({ where: { id }, data: { lastUsedAt: new Date() } }).catch(() => {})
}
