import { Refusal, SCOPES, type Scope } from '#http'
import type { Transaction } from '#platform/database'
import { uuidv7 } from '#platform/uuid'
import { usable, type Client } from './clients.ts'
import { bytesOf, hashOf, labelOf, newKeyText } from './key-text.ts'

export interface KeyTerms {
  scopes: readonly Scope[]
  /** Its orders are tests. @default false */
  test?: boolean
  /** @default never */
  expiresAt?: Date | null
}

/** A key as it is shown, this once. */
export interface IssuedKey {
  id: string
  key: string
  scopes: readonly Scope[]
  test: boolean
  expiresAt: Date | null
}

export interface RotatedKey extends IssuedKey {
  client: string
  /** The id of the key before. */
  follows: string
}

/**
 * Makes a key for a client. Only its hash is stored.
 * @param id names the request: the same one again makes the key anew, see `madeBefore`
 */
export async function issueKey(db: Transaction, client: Client, terms: KeyTerms, id = uuidv7()): Promise<IssuedKey> {
  return (await madeBefore(db, id)) ?? store(db, client, { ...terms, id, key: newKeyText(id, terms.test ?? false) })
}

/**
 * The key of a request whose answer was lost, under another text: so no key is left that works and that nobody knows.
 * @throws Refusal when somebody has used it, and so has the answer, or it has ended
 */
async function madeBefore(db: Transaction, id: string): Promise<(IssuedKey & { client: string }) | undefined> {
  const found = await db.apiKey.findUnique({ where: { id }, include: { client: true } })
  if (!found) return undefined
  const { client, test, expiresAt } = found
  const key = newKeyText(id, test)
  const where = { id, lastUsedAt: null, ...usable(new Date()) }
  const { count } = await db.apiKey.updateMany({ where, data: { hash: bytesOf(hashOf(key)) } })
  if (count > 0) return { id: labelOf(id), key, scopes: found.scopes as Scope[], test, expiresAt, client: client.name }
  const detail = `This request made the key ${labelOf(id)}, which was used or has ended since. If you do not have it, revoke it and make another, under another Idempotency-Key.`
  throw new Refusal('conflict', 'answer-not-kept', detail)
}

/** Puts a given key with every scope in, for development: its client is made where there is none. */
export async function plantKey(db: Transaction, name: string, key?: string): Promise<string> {
  const client = await db.client.upsert({
    where: { name },
    create: { id: uuidv7(), name, createdAt: new Date() },
    update: {},
  })
  if (key === undefined) return (await issueKey(db, client, { scopes: SCOPES })).key
  const where = { hash: bytesOf(hashOf(key)) } // one of an older release may do less
  const { count } = await db.apiKey.updateMany({ where, data: { scopes: [...SCOPES] } })
  if (count === 0) await store(db, client, { id: uuidv7(), key, scopes: SCOPES })
  return key
}

async function store(
  db: Transaction,
  client: Client,
  { id, key, scopes, test = false, expiresAt = null }: KeyTerms & { id: string; key: string },
): Promise<IssuedKey> {
  const data = { id, name: client.name, clientId: client.id, hash: bytesOf(hashOf(key)), createdAt: new Date() }
  await db.apiKey.create({ data: { ...data, scopes: [...scopes], test, expiresAt } })
  return { id: labelOf(id), key, scopes, test, expiresAt }
}

/**
 * Makes the key that follows another: same client, same scopes, and the old one goes on for `overlapMs`, in which the client
 * changes over. The new one lives as long from now as the old one was given.
 * @param id as of `issueKey`
 * @throws Refusal when no usable key has this label
 */
export async function rotateKey(db: Transaction, label: string, overlapMs: number, id = uuidv7()): Promise<RotatedKey> {
  const again = await madeBefore(db, id)
  if (again) return { ...again, follows: labelOf(label) }
  const now = new Date()
  const old = await findKey(db, label)
  const end = new Date(now.getTime() + overlapMs)
  const life = old.expiresAt && old.expiresAt.getTime() - old.createdAt.getTime()
  const expiresAt = life === null ? null : new Date(now.getTime() + life)
  const terms = { scopes: old.scopes as Scope[], test: old.test, expiresAt }
  const issued = await store(db, old.client, { ...terms, id, key: newKeyText(id, old.test) })
  if (!old.expiresAt || old.expiresAt > end) await db.apiKey.update({ where: { id: old.id }, data: { expiresAt: end } })
  return { ...issued, client: old.client.name, follows: labelOf(old.id) }
}

/** Running processes notice within ten seconds. @throws Refusal when no usable key has this label */
export async function revokeKey(db: Transaction, label: string): Promise<{ id: string; client: string }> {
  const { id, client } = await findKey(db, label)
  await db.apiKey.update({ where: { id }, data: { revokedAt: new Date() } })
  return { id: labelOf(id), client: client.name }
}

/** Ends every usable key of a client. @returns how many */
export async function revokeKeysOf(db: Transaction, client: Client): Promise<number> {
  const where = { clientId: client.id, revokedAt: null }
  return (await db.apiKey.updateMany({ where, data: { revokedAt: new Date() } })).count
}

/** Every key ever issued, of one client or of all, without the key. */
export async function listKeys(db: Transaction, client?: Client) {
  const keys = await db.apiKey.findMany({
    where: client ? { clientId: client.id } : {},
    orderBy: { createdAt: 'asc' },
    include: { client: true },
  })
  return keys.map(({ id, client: { name }, scopes, test, createdAt, expiresAt, revokedAt, lastUsedAt }) => {
    return { id: labelOf(id), client: name, scopes, test, createdAt, expiresAt, revokedAt, lastUsedAt }
  })
}

async function findKey(db: Transaction, label: string) {
  const keys = await db.apiKey.findMany({ where: usable(new Date()), include: { client: true } })
  const [found, ...others] = keys.filter(({ id }) => labelOf(id) === label || id === label)
  if (found && others.length === 0) return found
  throw new Refusal('not-found', 'key-not-found', `No key in use is called ${label}.`)
}
