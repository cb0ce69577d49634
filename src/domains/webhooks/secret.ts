import { createHmac, randomBytes } from 'node:crypto'
import { derivedSecret } from '#platform/sealing'

/** What the secrets of an endpoint are made of. */
export interface SecretSource {
  readonly id: string
  readonly salt: string
  readonly previousSalt: string | null
  readonly previousUntil: Date | null
}

export const newSalt = (): string => randomBytes(16).toString('base64url')

const bytesOf = (id: string, salt: string) => derivedSecret(`webhook ${id} ${salt}`)

/** As Standard Webhooks writes it. It is stored nowhere: salt and master key make it again. */
export const secretOf = ({ id, salt }: Pick<SecretSource, 'id' | 'salt'>): string =>
  `whsec_${bytesOf(id, salt).toString('base64')}`

/** The headers of Standard Webhooks. After a rotation the secret before signs as well, until its time is over. */
export function signedHeaders(source: SecretSource, messageId: string, body: string, now = new Date()) {
  const { id, salt, previousSalt, previousUntil } = source
  const timestamp = String(Math.floor(now.getTime() / 1_000))
  const overlaps = previousSalt !== null && previousUntil !== null && previousUntil > now
  const signatures = [salt, ...(overlaps ? [previousSalt] : [])].map((one) => {
    const hmac = createHmac('sha256', bytesOf(id, one)).update(`${messageId}.${timestamp}.${body}`)
    return `v1,${hmac.digest('base64')}`
  })
  return { 'webhook-id': messageId, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
}
