import { createHash, createHmac, hkdfSync } from 'node:crypto'
import { personalDataKeys } from '../config.ts'
import { randomBytes } from '../random.ts'
import { decrypt, encrypt, SealBroken, type PersonKey } from './cipher.ts'

/** Keys of persons lie in the database encrypted by the master key, which is in the configuration alone. */
interface Master {
  /** Tells which of several master keys one was wrapped by. */
  readonly id: string
  readonly wrapping: Buffer
  readonly lookup: Buffer
}

const derived = new Map<string, Master>()

function masterOf(secret: string): Master {
  const known = derived.get(secret)
  if (known) return known
  const derive = (use: string) => Buffer.from(hkdfSync('sha256', Buffer.from(secret, 'hex'), '', `fanfare ${use}`, 32))
  const id = createHash('sha256').update(derive('name')).digest('hex').slice(0, 8)
  const master = { id, wrapping: derive('wrapping'), lookup: derive('lookup') }
  derived.set(secret, master)
  return master
}

/** A new person with a random key. */
export const newPersonKey = (person: string): PersonKey => ({ person, key: randomBytes(32) })

/** Encrypted by the first of the master keys. */
export function wrap({ person, key }: PersonKey): string {
  const { id, wrapping } = masterOf(personalDataKeys()[0]!)
  return `${id}.${encrypt(wrapping, person, key).toString('base64url')}`
}

/** @throws SealBroken when none of the master keys is the one that it was wrapped by */
export function unwrap(person: string, wrapped: string): PersonKey {
  const [id, text = ''] = wrapped.split('.')
  const master = personalDataKeys()
    .map(masterOf)
    .find((one) => one.id === id)
  if (!master) throw new SealBroken(`The master key ${id} is needed, which PERSONAL_DATA_KEYS does not hold.`)
  return { person, key: decrypt(master.wrapping, person, Buffer.from(text, 'base64url')) }
}

/** Whether it was wrapped by another than the first master key. */
export const isOutdated = (wrapped: string): boolean => !wrapped.startsWith(`${masterOf(personalDataKeys()[0]!).id}.`)

/**
 * What a person, or a word, is looked up by in place of itself: equal for equal texts, and telling nothing without the key. By the
 * last of the master keys, so that a new one in front of it changes no lookup.
 */
export const blindIndex = (kind: 'person' | 'word' | 'nobody', text: string): string =>
  keyedHash(kind, text).toString('base64url')

/** A secret that is stored nowhere: whoever has this text and the master key makes the same 32 bytes of them again. */
export const derivedSecret = (text: string): Buffer => keyedHash('secret', text)

function keyedHash(kind: string, text: string): Buffer {
  const { lookup } = masterOf(personalDataKeys().at(-1)!)
  return createHmac('sha256', lookup).update(`${kind} ${text}`).digest()
}
