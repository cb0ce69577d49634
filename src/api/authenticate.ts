import type { Request } from 'express'
import type { ApiKeys } from './api-keys.ts'
import { Problem } from '#http'

/** The client behind the key of a request. @throws Problem when there is none */
export async function authenticate(keys: ApiKeys, { headers }: Request): Promise<string> {
  const key = /^Bearer +([\x21-\x7e]{1,200})$/i.exec(headers.authorization ?? '')?.[1]
  if (!key) throw unauthenticated('missing-api-key', 'Send your API key in the header Authorization: Bearer <key>.')
  const clientId = await keys.clientOf(key)
  if (clientId) return clientId
  throw unauthenticated('invalid-api-key', 'This API key is not known or was revoked.', ', error="invalid_token"')
}

const unauthenticated = (code: string, detail: string, error = '') =>
  new Problem(401, code, detail, { headers: { 'WWW-Authenticate': `Bearer realm="fanfare"${error}` } })
