import { hash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** Put in by the seed, for development. */
export const DEMO_KEY = 'fanfare_demo'

/** `fanfare_live_1f0c9a2e_<43 random characters><8 of checksum>`: a secret scanner can find it, and it names its own row. */
const ISSUED = /^(fanfare_(?:live|test)_[0-9a-f]{8}_[\w-]{43})([0-9a-f]{8})$/

const checksumOf = (text: string) => crc32(text).toString(16).padStart(8, '0')

/** The last digits of a key's id: what people call it by, and what stands in it. */
export const labelOf = (id: string) => id.slice(-8)

export function newKeyText(id: string, test: boolean): string {
  const text = `fanfare_${test ? 'test' : 'live'}_${labelOf(id)}_${randomBytes(32).toString('base64url')}`
  return text + checksumOf(text)
}

/** True for what looks like one of our keys and was never issued: its checksum is wrong. Told without asking anybody. */
export function isMadeUp(key: string): boolean {
  if (!/^fanfare_(live|test)_/.test(key)) return false
  const [, text, checksum] = ISSUED.exec(key) ?? []
  return text === undefined || checksumOf(text) !== checksum
}

/** What is stored of a key. 32 random bytes need no slow hash. */
export const hashOf = (key: string): string => hash('sha256', key, 'base64')
export const bytesOf = (hashed: string) => new Uint8Array(Buffer.from(hashed, 'base64'))
