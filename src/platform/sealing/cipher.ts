import { createCipheriv, createDecipheriv } from 'node:crypto'
import { randomBytes } from '../random.ts'

/** The key that the data of one person are sealed with. */
export interface PersonKey {
  /** UUID. All that is left of a person who was forgotten; it says nothing of who they were. */
  readonly person: string
  /** 32 bytes. */
  readonly key: Buffer
}

/** Something sealed cannot be opened: it was changed or moved, or its key is not here. */
export class SealBroken extends Error {
  override name = 'SealBroken'
}

const ALGORITHM = 'aes-256-gcm'
const FORMAT = 1
const [PERSON_BYTES, NONCE_BYTES, TAG_BYTES] = [16, 12, 16]
const NONCE = 1 + PERSON_BYTES
const TAG = NONCE + NONCE_BYTES
const TEXT = TAG + TAG_BYTES

/**
 * Seals JSON under the key of a person (AES-256-GCM, a random nonce of 96 bits).
 * @param boundTo what it belongs to, such as a stream: it opens nowhere else
 * @returns base64url of format, person, nonce, tag and ciphertext
 */
export function seal({ person, key }: PersonKey, boundTo: string, value: unknown): string {
  const head = Buffer.concat([Buffer.of(FORMAT), Buffer.from(person.replaceAll('-', ''), 'hex')])
  return Buffer.concat([head, encrypt(key, boundTo, Buffer.from(JSON.stringify(value)))]).toString('base64url')
}

/** Whose data they are. @throws SealBroken */
export function personIn(sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64url')
  if (bytes.length < TEXT || bytes[0] !== FORMAT) throw new SealBroken('This is nothing that was sealed.')
  const hex = bytes.toString('hex', 1, NONCE)
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

/** What was sealed. @throws SealBroken when it was changed, belongs elsewhere, or the key is another */
export function open(key: Buffer, boundTo: string, sealed: string): unknown {
  return JSON.parse(decrypt(key, boundTo, Buffer.from(sealed, 'base64url').subarray(NONCE)).toString('utf8'))
}

/** Nonce, tag and ciphertext. */
export function encrypt(key: Buffer, boundTo: string, plain: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(boundTo))
  const text = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), text])
}

/** @throws SealBroken */
export function decrypt(key: Buffer, boundTo: string, encrypted: Buffer): Buffer {
  const [nonce, tag] = [encrypted.subarray(0, NONCE_BYTES), encrypted.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)]
  try {
    const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(Buffer.from(boundTo)).setAuthTag(tag)
    return Buffer.concat([decipher.update(encrypted.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()])
  } catch (cause) {
    throw new SealBroken('What was sealed was changed, belongs elsewhere, or has another key.', { cause })
  }
}
