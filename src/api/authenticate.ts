import type { RequestHandler, Response } from 'express'
import type { ApiKeys } from './api-keys.ts'
import { Problem } from './problem.ts'

/** Lets requests with a known API key pass and notes the client behind it. */
export function authenticate(keys: ApiKeys): RequestHandler {
  return async (request, response, next) => {
    const key = /^Bearer +([\x21-\x7e]{1,200})$/i.exec(request.headers.authorization ?? '')?.[1]
    if (!key) throw unauthenticated('missing-api-key', 'Send your API key in the header Authorization: Bearer <key>.')
    const clientId = await keys.clientOf(key)
    if (!clientId)
      throw unauthenticated('invalid-api-key', 'This API key is not known or was revoked.', ', error="invalid_token"')
    response.locals['clientId'] = clientId
    next()
  }
}

export const clientOf = (response: Response): string => String(response.locals['clientId'] ?? '')

const unauthenticated = (code: string, detail: string, error = '') =>
  new Problem(401, code, detail, { headers: { 'WWW-Authenticate': `Bearer realm="fanfare"${error}` } })
