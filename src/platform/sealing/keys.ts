import { z } from 'zod'
import { readRows, row, type Database, type Transaction } from '../database.ts'
import { mailKey } from '../mail-address.ts'
import { uuidv7 } from '../uuid.ts'
import { SealBroken, type PersonKey } from './cipher.ts'
import { blindIndex, newPersonKey, unwrap, wrap } from './master-key.ts'

/** Milliseconds that a process remembers a key: for so long it may still open what belongs to somebody who was forgotten. */
export const REMEMBERED_MS = 5_000
/** Keys that a process remembers. */
const MOST = 20_000

/** By person; null for those who were forgotten. The longest remembered comes first. */
const remembered = new Map<string, { key: PersonKey | null; since: number }>()

/** @param since when it was certainly not forgotten yet: an answer may have waited for this process to read it */
function remember(person: string, key: PersonKey | null, since = performance.now()) {
  remembered.delete(person)
  remembered.set(person, { key, since })
  if (remembered.size > MOST) remembered.delete(remembered.keys().next().value!)
}

/** One person, however the address is written. */
export const subjectOf = (email: string): string => blindIndex('person', mailKey(email))

const KeyRow = row({ person: z.string(), subject: z.string(), wrapped: z.string() })
const MadeRow = KeyRow.pick({ subject: true })

/**
 * The keys of these people, by `subjectOf`; whoever has none gets one. Nobody of them can be forgotten before the
 * transaction ends.
 */
export async function keysFor(tx: Transaction, subjects: ReadonlySet<string>): Promise<Map<string, PersonKey>> {
  const keys = new Map<string, PersonKey>()
  for (let missing = [...subjects]; missing.length > 0; missing = missing.filter((one) => !keys.has(one))) {
    // What another transaction makes at this moment is waited for by INSERT, and read the next time around.
    const found = await readRows(tx, KeyRow)`
      SELECT person, subject, wrapped FROM personal_keys
      WHERE subject = ANY(${missing}::text[]) ORDER BY subject FOR KEY SHARE`
    const known = new Set(found.map(({ subject }) => subject))
    for (const { person, subject, wrapped } of found) keys.set(subject, keyFrom(person, wrapped))
    const unknown = missing.filter((subject) => !known.has(subject))
    for (const [subject, key] of await makeKeys(tx, unknown)) keys.set(subject, key)
  }
  return keys
}

let checked: Promise<void> | undefined

/** Nobody gets a key before this has come to its end: by a wrong master key everybody would be taken for somebody new. */
export function makeKeysAfter(check: Promise<void>): void {
  checked = check
}

/** @returns the new keys by subject, of those who had none */
async function makeKeys(tx: Transaction, subjects: readonly string[]): Promise<[string, PersonKey][]> {
  if (subjects.length === 0) return []
  await checked
  const keys = new Map(subjects.map((subject) => [subject, newPersonKey(uuidv7())]))
  const rows = [...keys].map(([subject, key]) => ({ person: key.person, subject, wrapped: wrap(key) }))
  const made = await readRows(tx, MadeRow)`
    INSERT INTO personal_keys (person, subject, wrapped, created_at)
    SELECT person, subject, wrapped, now()
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS row(person uuid, subject text, wrapped text)
    ORDER BY subject
    ON CONFLICT (subject) DO NOTHING
    RETURNING subject`
  return made.map(({ subject }) => {
    const key = keys.get(subject)!
    remember(key.person, key)
    return [subject, key]
  })
}

function keyFrom(person: string, wrapped: string): PersonKey {
  const known = remembered.get(person)?.key
  const key = known ?? unwrap(person, wrapped)
  remember(person, key)
  return key
}

/** By person. null: was forgotten. SealBroken: is encrypted by a master key that this process has not. */
export type Keys = Map<string, PersonKey | SealBroken | null>

/**
 * The keys of persons. One who is in neither table is missing: the keys were lost, or belong to another database. Within
 * `REMEMBERED_MS` nothing is read twice.
 */
export async function keysOf(db: Database | Transaction, persons: ReadonlySet<string>): Promise<Keys> {
  const keys: Keys = new Map()
  const since = performance.now()
  for (const person of persons) {
    const known = remembered.get(person)
    if (known && (known.key === null || known.since >= since - REMEMBERED_MS)) keys.set(person, known.key)
  }
  const unknown = [...persons].filter((person) => !keys.has(person))
  if (unknown.length === 0) return keys
  const rows = await readRows(db, OpeningRow)`
    SELECT person, wrapped FROM personal_keys WHERE person = ANY(${unknown}::uuid[])
    UNION ALL
    SELECT person, NULL FROM forgotten_persons WHERE person = ANY(${unknown}::uuid[])`
  for (const one of rows) keys.set(one.person, opening(one, since))
  return keys
}

/** The same, never from memory: whoever has a key cannot be forgotten before the transaction ends. */
export async function heldKeysOf(tx: Transaction, persons: ReadonlySet<string>): Promise<Keys> {
  const keys: Keys = new Map()
  if (persons.size === 0) return keys
  const held = await readRows(tx, OpeningRow)`
    SELECT person, wrapped FROM personal_keys WHERE person = ANY(${[...persons]}::uuid[]) ORDER BY subject FOR KEY SHARE`
  for (const one of held) keys.set(one.person, opening(one))
  // Somebody who was forgotten while we waited stands there only for a statement that begins afterwards.
  const others = [...persons].filter((person) => !keys.has(person))
  for (const person of await forgottenAmong(tx, others)) keys.set(person, null)
  return keys
}

const OpeningRow = row({ person: z.string(), wrapped: z.string().nullable() })

function opening({ person, wrapped }: z.infer<typeof OpeningRow>, since?: number): PersonKey | SealBroken | null {
  try {
    const key = wrapped === null ? null : (remembered.get(person)?.key ?? unwrap(person, wrapped))
    remember(person, key, since)
    return key
  } catch (error) {
    if (error instanceof SealBroken) return error
    throw error
  }
}

/** Of these persons, those who were forgotten. This process remembers none of their keys afterwards. */
export async function forgottenAmong(tx: Transaction, persons: readonly string[]): Promise<string[]> {
  if (persons.length === 0) return []
  const rows = await readRows(tx, PersonRow)`
    SELECT person FROM forgotten_persons WHERE person = ANY(${[...persons]}::uuid[])`
  for (const { person } of rows) remember(person, null)
  return rows.map(({ person }) => person)
}

const PersonRow = row({ person: z.string() })

/** The person that an e-mail address stands for at this time; undefined when nothing is known of them. */
export async function personOf(db: Database | Transaction, email: string): Promise<string | undefined> {
  const [found] = await readRows(db, PersonRow)`SELECT person FROM personal_keys WHERE subject = ${subjectOf(email)}`
  return found?.person
}
