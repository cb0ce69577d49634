import type { IncomingHttpHeaders } from 'node:http'
import type { Request, Response } from 'express'
import { allows, Problem, type Caller, type Route } from '#http'
import { isOfConsole, keyInCookie } from '../console/cookie.ts'
import type { ApiKeys } from '../keys/index.ts'
import { addressOf, type Limits } from '../limits/index.ts'

export interface Door {
  keys: ApiKeys
  limits: Limits
  /** Proxies in front of it that add to X-Forwarded-For; without them nobody is believed about an address. @default 0 */
  trustedProxies?: number
}

/** Who asks where no key is needed. */
const NOBODY: Caller = { clientId: '', client: '', scopes: new Set(), test: false, actor: '' }

/** Whoever asks for this, if they may. To sign in takes no key, but is counted as what strangers send: it looks a key up. */
export async function admit(door: Door, route: Route, request: Request, response: Response): Promise<Caller> {
  if (!route.public) return authenticate(door, route, request, response)
  if (route.method !== 'get') await door.limits.stranger(addressOf(request, door.trustedProxies ?? 0), response)
  return NOBODY
}

/**
 * Who is behind the key of a request, and may do what the route does. Requests are counted: those of a client for it, those
 * without a key that is known here for their address, before anybody looks the key up.
 * @throws Problem 401, 403 or 429
 */
async function authenticate(
  { keys, limits, trustedProxies = 0 }: Door,
  { scope = 'admin' }: Pick<Route, 'scope'>,
  request: Request,
  response: Response,
): Promise<Caller> {
  const key = keyOf(request)
  if (!key || !keys.isKnown(key)) await limits.stranger(addressOf(request, trustedProxies), response)
  if (!key) throw unauthenticated('missing-api-key', 'Send your API key in the header Authorization: Bearer <key>.')
  const caller = await keys.callerOf(key)
  if (!caller) {
    const detail = 'This API key is not known, has expired, or was revoked.'
    throw unauthenticated('invalid-api-key', detail, ', error="invalid_token"')
  }
  await limits.client(caller.clientId, response)
  if (scope === 'any' || allows(caller, scope)) return caller
  if (isTestOnLive(caller)) throw testKeyRefused()
  throw new Problem(403, 'missing-scope', `This needs a key with the scope ${scope}.`, {
    headers: { 'WWW-Authenticate': `Bearer realm="fanfare", error="insufficient_scope", scope="${scope}"` },
  })
}

/** Where money is real, test keys have no scope (`createApiKeys`). */
const isTestOnLive = ({ test, scopes }: Caller) => test && scopes.size === 0

const testKeyRefused = () =>
  new Problem(
    403,
    'test-key-refused',
    'Payments are real here: a test key may read the catalogue and ask for quotes, and nothing else. Use a live key.',
  )

/** Whether whoever was let in still may be here. While nobody can tell, they may. */
export const mayStay = (
  { keys }: Door,
  { scope = 'admin' }: Pick<Route, 'scope'>,
  { headers }: Request,
): Promise<boolean> =>
  keys.callerOf(claimedKey(headers) ?? '').then(
    (caller) => caller !== undefined && (scope === 'any' || allows(caller, scope)),
    () => true,
  )

/** What may come with this request: a session of the console changes something by its own hand only. */
function keyOf({ headers, method }: Request): string | undefined {
  const key = claimedKey(headers)
  if (headers.authorization !== undefined) return key
  if (key === undefined || method === 'GET' || method === 'HEAD' || isOfConsole(headers)) return key
  throw new Problem(403, 'foreign-request', 'With a session only the console may change something.')
}

/** What a program sends with each request, or the cookie of a signed-in console. */
export function claimedKey(headers: IncomingHttpHeaders): string | undefined {
  const { authorization } = headers
  if (authorization === undefined) return keyInCookie(headers)
  return /^Bearer +([\x21-\x7e]{1,200})$/i.exec(authorization)?.[1]
}

const unauthenticated = (code: string, detail: string, error = '') =>
  new Problem(401, code, detail, { headers: { 'WWW-Authenticate': `Bearer realm="fanfare"${error}` } })
